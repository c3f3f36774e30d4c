package org.ipt4j.cuda;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A card that a C++ compiler makes of the kernels' text: threads take turns on the processor, and
 * memory is the process's own.
 */
final class EmulatedGpu implements Gpu {
  private static final List<String> COMPILERS = List.of("g++", "clang++");
  private static Optional<NativeLibrary> library; // null: not tried yet

  private final Function emulate;

  private EmulatedGpu(NativeLibrary kernels) {
    emulate = kernels.getFunction("emulate");
  }

  /** The emulator, if there is a C++ compiler. */
  static synchronized Optional<Gpu> get() {
    if (library == null) {
      library = COMPILERS.stream().filter(EmulatedGpu::isThere).findFirst().map(EmulatedGpu::build);
    }
    return library.map(EmulatedGpu::new);
  }

  private static boolean isThere(String compiler) {
    try {
      return new ProcessBuilder(compiler, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException | InterruptedException absent) {
      return false;
    }
  }

  private static NativeLibrary build(String compiler) {
    try {
      Path folder = Files.createTempDirectory("ipt-emulator");
      Path text = folder.resolve("kernels.cpp");
      Path built = folder.resolve("libkernels.so");
      Files.writeString(text, resource("emulator.h") + Kernels.text());
      int code =
          new ProcessBuilder(
                  compiler,
                  "-std=c++17",
                  "-O2",
                  "-w",
                  "-fPIC",
                  "-shared",
                  "-fno-strict-aliasing",
                  "-U_FORTIFY_SOURCE",
                  text.toString(),
                  "-o",
                  built.toString())
              .inheritIO()
              .start()
              .waitFor();
      if (code != 0) {
        throw new IllegalStateException(compiler + " cannot compile the kernels");
      }
      return NativeLibrary.getInstance(built.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = EmulatedGpu.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  @Override
  public String name() {
    return "emulated";
  }

  @Override
  public long allocate(long bytes) {
    long address = Native.malloc(bytes + 256);
    long aligned = (address + 255) / 256 * 256; // as a card's is
    for (long i = 0; i < bytes / 4; i++) {
      new Pointer(aligned).setFloat(4 * i, Float.NaN); // nothing may read what nobody wrote
    }
    return aligned;
  }

  @Override
  public void free(long address) {
    // small, and the process ends soon
  }

  @Override
  public void write(float[] numbers, int from, int length, long to) {
    new Pointer(to).write(0, numbers, from, length);
  }

  /** Nothing may read closed ones. */
  @Override
  public Upload upload(float[] numbers) {
    long address = allocate((long) Float.BYTES * numbers.length);
    write(numbers, 0, numbers.length, address);
    return new Upload() {
      private boolean closed;

      @Override
      public long address() {
        if (closed) {
          throw new IllegalStateException("closed");
        }
        return address;
      }

      @Override
      public void close() {
        float[] nothing = new float[numbers.length];
        Arrays.fill(nothing, Float.NaN);
        write(nothing, 0, nothing.length, address);
        closed = true;
      }
    };
  }

  @Override
  public void read(long from, int length, float[] numbers, int at) {
    new Pointer(from).read(0, numbers, at, length);
  }

  @Override
  public double[] readDoubles(long from, int length) {
    return new Pointer(from).getDoubleArray(0, length);
  }

  @Override
  public void copy(long from, long to, long bytes) {
    new Pointer(to).write(0, new Pointer(from).getByteArray(0, (int) bytes), 0, (int) bytes);
  }

  @Override
  public void zero(long address, long bytes) {
    new Pointer(address).clear(bytes);
  }

  @Override
  public synchronized void launch(
      String kernel, int[] blocks, int threads, int shared, Object... arguments) {
    Object[] call = {
      kernel,
      blocks[0],
      blocks.length > 1 ? blocks[1] : 1,
      blocks.length > 2 ? blocks[2] : 1,
      threads,
      1,
      1,
      (long) shared,
      new Pointer(Arguments.own().pack(arguments))
    };
    if (emulate.invokeInt(call) == 0) {
      throw new IllegalStateException("no kernel " + kernel);
    }
  }

  @Override
  public boolean fuses(Product product) {
    return product.out().type() == Type.FLOAT;
  }

  @Override
  public void multiply(Product p) {
    for (int n = 0; n < p.count(); n++) {
      multiply(p, n);
    }
  }

  private static void multiply(Product p, int n) {
    for (int r = 0; r < p.out().rows(); r++) {
      for (int c = 0; c < p.out().columns(); c++) {
        double sum = 0;
        for (int k = 0; k < p.a().columns(); k++) {
          sum += (double) get(p.a(), n, r, k) * get(p.b(), n, k, c);
        }
        double y = p.alpha() * sum;
        if (p.beta() != 0) {
          y += p.beta() * get(p.out(), n, r, c);
        }
        if (p.residual() != 0) {
          Matrix residual =
              new Matrix(
                  p.residual(),
                  p.out().type(),
                  p.out().rows(),
                  p.out().columns(),
                  false,
                  p.out().lead(),
                  0);
          y += get(residual, 0, r, c);
        }
        if (p.bias() != 0) {
          y += new Pointer(p.bias()).getFloat(4L * c);
        }
        put(p.out(), n, r, c, (float) (p.relu() ? Math.max(0, y) : y));
      }
    }
  }

  private static long place(Matrix m, int n, int r, int c) {
    return n * m.apart() + (m.byColumns() ? (long) c * m.lead() + r : (long) r * m.lead() + c);
  }

  private static float get(Matrix m, int n, int r, int c) {
    long place = place(m, n, r, c);
    Pointer p = new Pointer(m.address());
    return m.type() == Type.FLOAT
        ? p.getFloat(4 * place)
        : Float.intBitsToFloat(p.getShort(2 * place) << 16);
  }

  private static void put(Matrix m, int n, int r, int c, float x) {
    long place = place(m, n, r, c);
    Pointer p = new Pointer(m.address());
    if (m.type() == Type.FLOAT) {
      p.setFloat(4 * place, x);
    } else {
      int bits = Float.floatToRawIntBits(x);
      p.setShort(2 * place, (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16));
    }
  }

  @Override
  public void synchronize() {
    // every call waits
  }
}
