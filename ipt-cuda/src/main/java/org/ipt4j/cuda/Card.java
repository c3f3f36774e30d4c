package org.ipt4j.cuda;

import com.sun.jna.ptr.LongByReference;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/**
 * A card through the driver: its primary context, a stream that all threads share, and one for
 * uploads.
 */
final class Card implements Gpu {
  /** A sum of parts needs memory; NVIDIA advises so much for Hopper. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  /** The context that is current on a thread, if any card's. */
  private static final ThreadLocal<long[]> CURRENT = ThreadLocal.withInitial(() -> new long[1]);

  private final CardProperties properties;
  private final long context;
  private final long stream;
  private final Kernels kernels;
  private final Uploads uploads;
  private final Downloads downloads;
  private final Staging staging;
  private final Blas blas;
  private final BlasLt blasLt;

  /** Starts a card; cuBLAS and cublasLt are registered. */
  Card(CardProperties properties, Kernels.Source source) {
    this.properties = properties;
    LongByReference created = new LongByReference();
    Driver.check(
        Driver.cuDevicePrimaryCtxRetain(created, properties.device()),
        "cuDevicePrimaryCtxRetain of " + properties.name());
    context = created.getValue();
    use();
    stream = newStream();
    kernels = new Kernels(source);
    uploads = new Uploads(stream);
    downloads = new Downloads(stream);
    staging = new Staging(this, stream, newStream());
    long workspace = allocate(WORKSPACE_BYTES);
    blas = new Blas(stream, workspace, WORKSPACE_BYTES);
    blasLt = new BlasLt(stream, workspace, WORKSPACE_BYTES);
  }

  private static long newStream() {
    LongByReference created = new LongByReference();
    Driver.check(Driver.cuStreamCreate(created, Driver.STREAM_NON_BLOCKING), "cuStreamCreate");
    return created.getValue();
  }

  /** Makes its context this thread's. */
  void use() {
    long[] current = CURRENT.get();
    if (current[0] != context) {
      Driver.check(Driver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
      current[0] = context;
    }
  }

  CardProperties properties() {
    return properties;
  }

  /** cuBLAS's version. */
  String blasVersion() {
    return blas.version();
  }

  @Override
  public String name() {
    return properties.name();
  }

  @Override
  public int sharedBytes() {
    return properties.sharedBytes();
  }

  @Override
  public long allocate(long bytes) {
    use();
    LongByReference address = new LongByReference();
    int result = Driver.cuMemAlloc_v2(address, Math.max(1, bytes));
    if (result == Driver.OUT_OF_MEMORY && staging.freeIdle()) {
      result = Driver.cuMemAlloc_v2(address, Math.max(1, bytes));
    }
    if (result == Driver.OUT_OF_MEMORY) {
      throw new OutOfMemoryError(noMemory(bytes));
    }
    Driver.check(result, "cuMemAlloc of " + bytes + " bytes");
    return address.getValue();
  }

  private String noMemory(long bytes) {
    LongByReference free = new LongByReference();
    LongByReference total = new LongByReference();
    Driver.check(Driver.cuMemGetInfo_v2(free, total), "cuMemGetInfo");
    return String.format(
        Locale.ROOT,
        "%s has no %,d bytes: %,d of %,d are free; use a smaller batch, accumulate gradients over"
            + " more of them, or recompute activations",
        name(),
        bytes,
        free.getValue(),
        total.getValue());
  }

  @Override
  public void free(long address) {
    synchronize();
    Driver.check(Driver.cuMemFree_v2(address), "cuMemFree");
  }

  @Override
  public void write(float[] numbers, int from, int length, long to) {
    Objects.checkFromIndexSize(from, length, numbers.length);
    use();
    uploads.write(numbers, from, length, to);
  }

  @Override
  public Upload upload(float[] numbers) {
    use();
    return staging.upload(numbers);
  }

  @Override
  public void read(long from, int length, float[] numbers, int at) {
    Objects.checkFromIndexSize(at, length, numbers.length);
    use();
    downloads.read(from, length, numbers, at);
  }

  @Override
  public double[] readDoubles(long from, int length) {
    use();
    return downloads.readDoubles(from, length);
  }

  @Override
  public void launch(String kernel, int[] blocks, int threads, int shared, Object... arguments) {
    use();
    int result =
        Driver.cuLaunchKernel(
            kernels.function(kernel, shared),
            blocks[0],
            blocks.length > 1 ? blocks[1] : 1,
            blocks.length > 2 ? blocks[2] : 1,
            threads,
            1,
            1,
            shared,
            stream,
            Arguments.own().pack(arguments),
            0);
    Reference.reachabilityFence(arguments);
    if (result != 0) {
      Driver.check(
          result,
          String.format(
              Locale.ROOT,
              "%s of %s blocks of %d threads with %d bytes of shared memory",
              kernel,
              Arrays.toString(blocks),
              threads,
              shared));
    }
  }

  @Override
  public boolean fuses(Product product) {
    use();
    return isSum(product)
        && blasLt.has(Gemm.of(product), product.arithmetic(), product.bias(), product.relu());
  }

  /** Whether it is a sum of a·b and others, each counted once. */
  private static boolean isSum(Product product) {
    return product.count() == 1 && product.alpha() == 1 && product.beta() == 0;
  }

  @Override
  public void multiply(Product product) {
    use();
    Gemm gemm = Gemm.of(product);
    if (product.bias() == 0 && product.residual() == 0 && !product.relu()) {
      blas.multiply(gemm, product.arithmetic(), product.alpha(), product.beta());
    } else if (isSum(product)) {
      blasLt.multiply(
          gemm, product.arithmetic(), product.bias(), product.residual(), product.relu());
    } else {
      throw new UnsupportedOperationException("no product with bias and relu like " + product);
    }
  }

  @Override
  public void synchronize() {
    use();
    Driver.check(Driver.cuStreamSynchronize(stream), "waiting for the card");
  }
}
