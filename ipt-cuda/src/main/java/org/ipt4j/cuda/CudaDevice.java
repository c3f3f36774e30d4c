package org.ipt4j.cuda;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import org.ipt4j.core.Activation;
import org.ipt4j.core.Adam;
import org.ipt4j.core.Array;
import org.ipt4j.core.AttentionHeads;
import org.ipt4j.core.Device;
import org.ipt4j.core.NormalisedRows;
import org.ipt4j.core.Precision;
import org.ipt4j.core.Staged;
import org.ipt4j.core.Variable.Target;
import org.ipt4j.cuda.Elements.Function;
import org.ipt4j.cuda.Gpu.Type;

/**
 * Floats on a card. Operations are queued; only what brings numbers back waits. With {@link
 * Arithmetic#BF16} operands are bfloat16, and a product of which any array is.
 */
class CudaDevice extends Device {
  /** Taken for any card, for the order of sums depends on it. */
  static final int MULTIPROCESSORS = 132;

  private static final int WARPS = 8; // of a block, in kernels that take a row a warp
  private static final int THREADS = 32 * WARPS;
  private static final int COLUMN_BLOCKS = 1056; // that sum columns, on any card
  private static final int TOTAL_BLOCKS = 256;
  private static final int TOTALS = 16; // of arrays at once
  private static final int FLOATS_OF_A_DOUBLE = 2;
  private static final int[] PAIRS = {3, 5, 9, 16}; // of columns a lane, that have kernels
  private static final int[] BLOCKS = {4, 3, 2, 1}; // of their backward passes at once

  private final Gpu gpu;
  private final Arithmetic arithmetic;
  private final Elements elements;
  private final Products products;
  private final Convolutions convolutions;
  private final FlashAttention attention;
  private final CudaArray totals; // doubles

  CudaDevice(Gpu gpu, Arithmetic arithmetic) {
    super(Precision.FLOAT);
    this.gpu = gpu;
    this.arithmetic = arithmetic;
    this.elements = new Elements(gpu);
    this.products = new Products(this, gpu, elements);
    this.convolutions = new Convolutions(this, gpu);
    this.attention = new FlashAttention(this, gpu);
    this.totals = allocate((long) TOTALS * TOTAL_BLOCKS * FLOATS_OF_A_DOUBLE);
  }

  @Override
  public String toString() {
    return gpu.name() + ", " + arithmetic;
  }

  Arithmetic arithmetic() {
    return arithmetic;
  }

  @Override
  public boolean takesWholeBatches() {
    return true;
  }

  @Override
  public void await() {
    gpu.synchronize();
  }

  // memory

  @Override
  protected CudaArray allocate(long length) {
    CudaMemory memory = new CudaMemory(gpu, Math.max(1, length) * Float.BYTES);
    return new CudaArray(
        this, memory, memory.address(), Type.FLOAT, new long[] {length}, new long[] {1});
  }

  @Override
  protected void free(Array memory) {
    CudaArray.of(memory).memoryItself().free();
  }

  @Override
  public CudaArray operand(long... shape) {
    return array(arithmetic == Arithmetic.BF16 ? Type.BF16 : Type.FLOAT, shape);
  }

  @Override
  public CudaArray arrayLike(Array other, long... shape) {
    return array(CudaArray.of(other).type(), shape);
  }

  @Override
  public boolean isOperand(Array x) {
    return arithmetic != Arithmetic.BF16 || CudaArray.of(x).type() == Type.BF16;
  }

  CudaArray array(Type type, long... shape) {
    if (type == Type.FLOAT) {
      return CudaArray.of(array(shape));
    }
    long length = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    return CudaArray.of(array(CudaArray.numbersFor(type, length))).as(type, shape);
  }

  /** x itself, if it has this type, else a copy that has. */
  CudaArray in(Type type, CudaArray x) {
    return x.type() == type ? x : copied(type, x);
  }

  /** A contiguous copy of x. */
  CudaArray copied(Type type, CudaArray x) {
    CudaArray copy = array(type, x.shape());
    copy(x, copy);
    return copy;
  }

  // the border

  @Override
  public void write(float[] numbers, int from, Array array) {
    CudaArray to = CudaArray.of(array);
    if (to.type() == Type.FLOAT) {
      gpu.write(numbers, from, Math.toIntExact(to.length()), to.address());
      Reference.reachabilityFence(to);
    } else {
      CudaArray floats = array(Type.FLOAT, to.shape());
      write(numbers, from, floats);
      copy(floats, to);
    }
  }

  @Override
  public Staged stage(float[] numbers) {
    return new CudaStaged(this, gpu.upload(numbers), numbers.length);
  }

  @Override
  public void read(Array array, float[] numbers, int at) {
    CudaArray x = CudaArray.of(array);
    CudaArray from = x.isRowByRow() ? in(Type.FLOAT, x) : copied(Type.FLOAT, x);
    gpu.read(from.address(), Math.toIntExact(from.length()), numbers, at);
    Reference.reachabilityFence(from);
  }

  @Override
  public double number(Array array) {
    float[] one = new float[1];
    read(array, one, 0);
    return one[0];
  }

  @Override
  public double sum(Array x) {
    return total(0, x);
  }

  @Override
  public double absoluteSum(Array x) {
    return total(1, x);
  }

  @Override
  public double squareSum(Array x) {
    return total(2, x);
  }

  @Override
  public boolean isFinite(Array x) {
    return total(3, x) == 0;
  }

  /** Waits once for as many arrays as there are totals at once. */
  @Override
  public double squareSum(List<Array> arrays) {
    double sum = 0;
    for (int from = 0; from < arrays.size(); from += TOTALS) {
      sum += totals(2, arrays.subList(from, Math.min(from + TOTALS, arrays.size())));
    }
    return sum;
  }

  private double total(int of, Array x) {
    return totals(of, List.of(x));
  }

  private synchronized double totals(int of, List<Array> arrays) {
    int count = 0;
    for (Array x : arrays) {
      long[] one = {1};
      count += queueTotals(of, x, totals.view((long) FLOATS_OF_A_DOUBLE * count, one, one));
    }
    return Arrays.stream(gpu.readDoubles(totals.address(), count)).sum();
  }

  /** Queues the sums of an array's parts; yields how many. */
  private int queueTotals(int of, Array array, CudaArray to) {
    CudaArray x = CudaArray.of(array);
    boolean rows = x.rank() == 2 && !x.isRowByRow();
    if (!rows && x.rank() > 1 && !x.isRowByRow()) {
      x = copied(x.type(), x);
    }
    long q = rows ? x.size(1) : Math.max(1, x.length());
    long rowStride = rows ? x.stride(0) : 0;
    long stride = x.isRowByRow() ? 1 : x.stride(x.rank() - 1);
    int blocks = (int) Math.max(1, Math.min(TOTAL_BLOCKS, x.length() / 256));
    gpu.launch(
        "totals",
        new int[] {blocks},
        256,
        0,
        of,
        x,
        x.code(),
        x.length(),
        q,
        rowStride,
        stride,
        to);
    return blocks;
  }

  @Override
  public synchronized void absoluteMean(Array x, Array out) {
    int parts = queueTotals(1, x, totals);
    gpu.launch("meanOfTotals", new int[] {1}, TOTAL_BLOCKS, 0, totals, parts, x.length(), out);
  }

  @Override
  public void scale(Array x, Array factor, double divisor, Array out) {
    Array share = array(1);
    scale(factor.reshape(1), 1 / divisor, share);
    multiply(x, share, out);
  }

  // primitives

  private void run(Function f, Array a, Array b, double factor, Array out) {
    elements.run(f, CudaArray.of(a), b == null ? null : CudaArray.of(b), factor, CudaArray.of(out));
  }

  @Override
  public void fill(Array out, double value) {
    run(Function.FILL, out, null, value, out);
  }

  @Override
  public void copy(Array x, Array out) {
    run(Function.COPY, x, null, 0, out);
  }

  @Override
  public void matmul(Array a, Array b, double alpha, double beta, Array out) {
    products.run(
        CudaArray.of(a), CudaArray.of(b), alpha, beta, CudaArray.of(out), Arithmetic.FLOAT32);
  }

  @Override
  public void product(Array a, Array b, double alpha, double beta, Array out) {
    products.run(CudaArray.of(a), CudaArray.of(b), alpha, beta, CudaArray.of(out), arithmetic);
  }

  @Override
  public void add(Array a, Array b, Array out) {
    run(Function.ADD, a, b, 0, out);
  }

  @Override
  public void addScaled(double factor, Array x, Array out) {
    run(Function.ADD_SCALED, out, x, factor, out);
  }

  @Override
  public void subtract(Array a, Array b, Array out) {
    run(Function.SUBTRACT, a, b, 0, out);
  }

  @Override
  public void multiply(Array a, Array b, Array out) {
    run(Function.MULTIPLY, a, b, 0, out);
  }

  @Override
  public void divide(Array a, Array b, Array out) {
    run(Function.DIVIDE, a, b, 0, out);
  }

  @Override
  public void scale(Array x, double factor, Array out) {
    run(Function.SCALE, x, null, factor, out);
  }

  @Override
  public void shift(Array x, double term) {
    run(Function.SHIFT, x, null, term, x);
  }

  @Override
  public void sign(Array x, Array out) {
    run(Function.SIGN, x, null, 0, out);
  }

  @Override
  public void exp(Array x) {
    run(Function.EXP, x, null, 0, x);
  }

  @Override
  public void log(Array x) {
    run(Function.LOG, x, null, 0, x);
  }

  @Override
  public void root(Array x, double epsilon) {
    run(Function.ROOT, x, null, epsilon, x);
  }

  @Override
  public void inverseRoot(Array x, double epsilon) {
    run(Function.INVERSE_ROOT, x, null, epsilon, x);
  }

  @Override
  public void relu(Array x, Array out) {
    run(Function.RELU, x, null, 0, out);
  }

  @Override
  public void reluBackward(Array y, Array dy) {
    run(Function.RELU_BACKWARD, dy, y, 0, dy);
  }

  @Override
  public void softmax(Array array, Array out) {
    CudaArray own = CudaArray.of(array);
    CudaArray to = CudaArray.of(out);
    if (own.length() == 0) {
      return;
    }
    CudaArray x = own.isRowByRow() ? own : copied(own.type(), own);
    CudaArray y = to.isRowByRow() ? to : array(to.type(), to.shape());
    long q = x.size(x.rank() - 1);
    int rows = Math.toIntExact(x.length() / q);
    gpu.launch("softmaxRows", rowBlocks(rows), THREADS, 0, x, x.code(), y, y.code(), rows, (int) q);
    if (y != to) {
      copy(y, to);
    }
  }

  @Override
  public void permute(Array x, Array y, int... axes) {
    long[] shape = new long[axes.length];
    long[] strides = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      shape[i] = x.size(axes[i]);
      strides[i] = x.stride(axes[i]);
    }
    copy(x.view(0, shape, strides), y.reshape(shape));
  }

  @Override
  public void sumRows(Array array, double factor, Array out) {
    CudaArray x = CudaArray.of(array);
    if (x.stride(1) != 1 && x.size(1) > 1) {
      x = copied(x.type(), x);
    }
    CudaArray to = CudaArray.of(out);
    int rows = Math.toIntExact(x.size(0));
    if (rows == 0) {
      return;
    }
    gpu.launch(
        "rowSums",
        rowBlocks(rows),
        THREADS,
        0,
        x,
        x.code(),
        x.stride(0),
        rows,
        (int) x.size(1),
        (float) factor,
        to,
        to.code(),
        to.stride(0));
  }

  @Override
  public void sumColumns(Array array, double beta, Array out) {
    CudaArray x = CudaArray.of(array);
    CudaArray to = CudaArray.of(out);
    int q = Math.toIntExact(x.size(1));
    if (q > 1 && to.stride(1) != 1) {
      CudaArray sums = copied(to.type(), to);
      sumColumns(x, beta, sums);
      copy(sums, to);
      return;
    }
    if (q == 0) {
      return;
    }
    if (!canSumColumns(x) || to.type() != Type.FLOAT) {
      CudaArray plain = x.stride(1) == 1 ? x : copied(x.type(), x);
      gpu.launch(
          "columnSumsAny",
          new int[] {(q + 255) / 256},
          256,
          0,
          plain,
          plain.code(),
          plain.stride(0),
          plain.size(0),
          q,
          (float) beta,
          to,
          to.code());
      return;
    }
    addParts(columnSums(x, null, null), beta, to, q, null);
  }

  private static boolean canSumColumns(CudaArray x) {
    return x.size(1) % 4 == 0
        && x.isRowByRow()
        && x.address() % (4L * x.type().bytes()) == 0
        && x.length() > 0;
  }

  /**
   * The sums of x's columns by parts of its rows.
   *
   * @param gate where it is not positive, x counts as 0; null: none
   * @param copy receives what is summed; null: none
   */
  private CudaArray columnSums(CudaArray x, CudaArray gate, CudaArray copy) {
    int q = Math.toIntExact(x.size(1));
    int wide = (q + 127) / 128;
    int parts = (int) Math.max(1, Math.min((x.size(0) + 31) / 32, COLUMN_BLOCKS / wide));
    CudaArray sums = array(Type.FLOAT, parts, q);
    gpu.launch(
        "columnSums",
        new int[] {wide, parts},
        256,
        0,
        x,
        x.code(),
        gate,
        gate == null ? 0 : gate.code(),
        copy,
        copy == null ? 0 : copy.code(),
        x.size(0),
        q,
        sums);
    return sums;
  }

  /** out = the sum over the parts [parts,Q] + beta · out; columns from {@code split} on: rest. */
  private void addParts(CudaArray sums, double beta, Array out, int split, Array rest) {
    int q = (int) sums.size(1);
    gpu.launch(
        "partSums",
        new int[] {(q + 31) / 32},
        256,
        0,
        sums,
        (int) sums.size(0),
        q,
        (float) beta,
        out,
        split,
        rest);
  }

  private static int[] rowBlocks(int rows) {
    return new int[] {(rows + WARPS - 1) / WARPS};
  }

  // whole operations

  @Override
  public void layerNorm(NormalisedRows arrays, double epsilon) {
    CudaArray from = in(Type.FLOAT, CudaArray.of(arrays.x()));
    CudaArray to = CudaArray.of(arrays.y());
    int rows = Math.toIntExact(to.size(0));
    int d = Math.toIntExact(to.size(1));
    if (rows == 0) {
      return;
    }
    gpu.launch(
        "layerNorm" + name(kernel(d, from, to)),
        rowBlocks(rows),
        THREADS,
        0,
        from,
        arrays.gain(),
        arrays.bias(),
        to,
        to.code(),
        arrays.mean(),
        arrays.inverse(),
        rows,
        d,
        (float) epsilon);
  }

  /** The number of the kernel for rows of {@code d} numbers, by pairs where all begin so. */
  private static int kernel(int d, CudaArray... rows) {
    boolean whole = d % 2 == 0;
    for (CudaArray x : rows) {
      whole &= x.address() % (2L * x.type().bytes()) == 0;
    }
    int kernel = whole ? 0 : PAIRS.length;
    while (kernel < PAIRS.length && d > 64 * PAIRS[kernel]) {
      kernel++;
    }
    return kernel;
  }

  private static String name(int kernel) {
    return kernel == PAIRS.length ? "Any" : Integer.toString(PAIRS[kernel]);
  }

  /** Where products round, x̂ of the rounded output is good enough; docs/GPU.md has the figures. */
  @Override
  public boolean layerNormReadsInput() {
    return arithmetic == Arithmetic.FLOAT32;
  }

  @Override
  public void layerNormBackward(
      NormalisedRows arrays, Array dy, Target dx, Array dgain, Array dbias) {
    boolean ofInput = layerNormReadsInput();
    CudaArray from = CudaArray.of(ofInput ? arrays.x() : arrays.y());
    CudaArray slopes = CudaArray.of(dy);
    int rows = Math.toIntExact(dy.size(0));
    int d = Math.toIntExact(dy.size(1));
    if (rows == 0) {
      fill(dgain, 0);
      fill(dbias, 0);
      return;
    }
    boolean direct = dx == null || CudaArray.of(dx.array()).type() == Type.FLOAT;
    Target target = direct ? dx : new Target(array(Type.FLOAT, dy.shape()), 0);
    int kernel = kernel(d, from, slopes, target == null ? from : CudaArray.of(target.array()));
    boolean any = kernel == PAIRS.length;
    int perBlock = any ? 1 : WARPS;
    int atOnce = MULTIPROCESSORS * (any ? 4 : BLOCKS[kernel]);
    int blocks = Math.max(1, Math.min(atOnce, (rows + perBlock - 1) / perBlock));
    CudaArray sums = array(Type.FLOAT, blocks, 2L * d); // of the gain's gradient, of the bias's
    gpu.launch(
        "layerNormBackward" + name(kernel),
        new int[] {blocks},
        32 * perBlock,
        any ? 0 : WARPS * 2 * d * Float.BYTES,
        slopes,
        slopes.code(),
        from,
        from.code(),
        arrays.gain(),
        arrays.bias(),
        ofInput ? arrays.mean() : null,
        arrays.inverse(),
        target == null ? null : target.array(),
        target == null ? 0f : (float) target.beta(),
        sums,
        rows,
        d);
    addParts(sums, 0, dgain, d, dbias);
    if (!direct) {
      give(target.array(), dx);
    }
  }

  @Override
  public void linear(Array x, Array w, Array b, Array r, Activation activation, Array y) {
    if (!products.fused(x, w, b, r, activation, y, arithmetic)) {
      super.linear(x, w, b, r, activation, y);
    }
  }

  /** In one pass over dy, where its shape allows. */
  @Override
  public Slopes linearBackward(
      Activation activation, Array y, Array dy, Array x, boolean withBias) {
    CudaArray slopes = CudaArray.of(dy);
    Type type = CudaArray.of(x).type();
    boolean gates = activation == Activation.RELU;
    boolean copies = slopes.type() != type;
    if (!withBias || !canSumColumns(slopes)) {
      activation.backward(this, y, dy);
      return new Slopes(dy, in(type, slopes), null);
    }
    CudaArray copy = copies ? array(type, dy.shape()) : slopes;
    CudaArray sums =
        columnSums(slopes, gates ? CudaArray.of(y) : null, copies || gates ? copy : null);
    return new Slopes(dy, copy, sums);
  }

  @Override
  public void biasGradient(Slopes slopes, double beta, Array db) {
    CudaArray sums = (CudaArray) slopes.sums();
    if (sums == null || CudaArray.of(db).type() != Type.FLOAT) {
      sumColumns(slopes.dy(), beta, db.reshape(1, db.length()));
    } else {
      addParts(sums, beta, db, (int) sums.size(1), null);
    }
  }

  @Override
  public void convolution(Array x, Array w, Array b, Array r, Activation activation, Array y) {
    convolutions.forward(x, w, b, r, activation, y);
  }

  @Override
  public void convolutionBackward(
      Array x,
      Array w,
      Array b,
      Activation activation,
      Array y,
      Array dy,
      Target dx,
      Array dw,
      Array db) {
    convolutions.backward(x, w, activation, y, dy, dx, dw, db);
  }

  @Override
  public long[] keptByAttention(AttentionHeads heads) {
    return attention.supports(heads)
        ? new long[] {heads.q().size(0), heads.perSample(), heads.queries()}
        : super.keptByAttention(heads);
  }

  @Override
  public void attention(AttentionHeads heads, Array kept, Array y) {
    if (attention.supports(heads)) {
      attention.forward(heads, kept, y);
    } else {
      super.attention(heads, kept, y);
    }
  }

  @Override
  public void attentionBackward(
      AttentionHeads heads, Array kept, Array y, Array dy, Target dq, Target dk, Target dv) {
    if (attention.supports(heads)) {
      attention.backward(heads, kept, y, dy, dq, dk, dv);
    } else {
      super.attentionBackward(heads, kept, y, dy, dq, dk, dv);
    }
  }

  @Override
  public void adam(Adam step, Array w, Array g, Array m, Array v) {
    gpu.launch(
        "adam",
        Elements.blocks(w.length()),
        THREADS,
        0,
        w.length(),
        w,
        g,
        m,
        v,
        (float) step.beta1(),
        (float) step.freshMean(),
        (float) step.beta2(),
        (float) step.freshSquare(),
        (float) step.meanFactor(),
        (float) step.squareFactor(),
        (float) step.epsilon());
  }
}
