package org.ipt4j.cuda;

import java.util.ArrayList;
import java.util.List;
import org.ipt4j.core.Array;
import org.ipt4j.cuda.Gpu.Type;

/** Operations element by element, by the kernels of {@code elementwise.cu}. */
final class Elements {
  /** What is computed, in the kernels' order. */
  enum Function {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    ADD_SCALED,
    RELU_BACKWARD,
    ADD_RELU,
    COPY,
    SCALE,
    SHIFT,
    SIGN,
    EXP,
    LOG,
    ROOT,
    INVERSE_ROOT,
    RELU,
    FILL
  }

  private static final int AXES = 6; // of stridedElements
  private static final int THREADS = 256;
  private static final int MOST_BLOCKS = CudaDevice.MULTIPROCESSORS * 16;

  /** An axis that all arrays run through alike: its length, and the strides of a, b and out. */
  private record Axis(long size, long a, long b, long out) {
    /** Whether this axis and the next one, faster one are one axis. */
    boolean joins(Axis next) {
      return a == next.a * next.size && b == next.b * next.size && out == next.out * next.size;
    }
  }

  private final Gpu gpu;

  Elements(Gpu gpu) {
    this.gpu = gpu;
  }

  /** out = f(a, b, factor), b broadcast to a's shape; b is null where f takes one array. */
  void run(Function f, CudaArray a, CudaArray b, double factor, CudaArray out) {
    if (out.length() == 0) {
      return;
    }
    List<Axis> axes = axes(a, b, out);
    if (!isContiguous(axes)) {
      strided(f, a, b, factor, out, axes);
      return;
    }
    long run = 1;
    long period = Math.max(1, out.length());
    int mode = b == null ? 3 : 0;
    if (b != null && !isContiguousInB(axes)) {
      int last = axes.size() - 1;
      boolean repeats = axes.get(last).b == 0;
      int own = repeats ? last - 1 : last; // the axis of b's numbers
      boolean simple = own <= 1 && (own < 0 || axes.get(own).b == 1);
      simple &= own < 1 || axes.get(own - 1).b == 0;
      if (!simple) {
        strided(f, a, b, factor, out, axes);
        return;
      }
      run = repeats ? axes.get(last).size : 1;
      period = own < 0 ? 1 : axes.get(own).size;
      mode = repeats ? 2 : 1;
    }
    contiguous(f, a, b, factor, out, mode, run, period);
  }

  private void contiguous(
      Function f,
      CudaArray a,
      CudaArray b,
      double factor,
      CudaArray out,
      int mode,
      long run,
      long period) {
    long n = out.length();
    boolean byFour =
        n % 4 == 0
            && isAligned(a)
            && isAligned(out)
            && (mode != 0 || isAligned(b))
            && (mode != 1 || period % 4 == 0 && isAligned(b))
            && (mode != 2 || run % 4 == 0);
    int code = f.ordinal();
    int typeOfB = b == null ? 0 : b.code();
    if (byFour) {
      gpu.launch(
          "elementsByFour",
          blocks(n / 4),
          THREADS,
          0,
          code,
          n,
          a,
          a.code(),
          b,
          typeOfB,
          mode,
          run,
          period,
          out,
          out.code(),
          (float) factor);
    } else {
      gpu.launch(
          "elements",
          blocks(n),
          THREADS,
          0,
          code,
          n,
          a,
          a.code(),
          b,
          typeOfB,
          run,
          period,
          out,
          out.code(),
          (float) factor);
    }
  }

  private void strided(
      Function f, CudaArray a, CudaArray b, double factor, CudaArray out, List<Axis> axes) {
    if (axes.size() > AXES || out.length() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "arrays with gaps have at most "
              + AXES
              + " axes and 2³¹ numbers, got "
              + axes.size()
              + " axes of "
              + out);
    }
    long[] sizes = new long[AXES];
    long[] ofA = new long[AXES];
    long[] ofB = new long[AXES];
    long[] ofOut = new long[AXES];
    java.util.Arrays.fill(sizes, 1);
    for (int i = 0; i < axes.size(); i++) {
      int at = AXES - axes.size() + i;
      sizes[at] = axes.get(i).size;
      ofA[at] = axes.get(i).a;
      ofB[at] = axes.get(i).b;
      ofOut[at] = axes.get(i).out;
    }
    List<Object> arguments = new ArrayList<>();
    arguments.add(f.ordinal());
    arguments.add(out.length());
    for (int i = 1; i < AXES; i++) {
      addDivisor(arguments, Math.toIntExact(sizes[i]));
    }
    add(arguments, a, ofA);
    add(arguments, b, ofB);
    add(arguments, out, ofOut);
    arguments.add((float) factor);
    gpu.launch("stridedElements", blocks(out.length()), THREADS, 0, arguments.toArray());
  }

  /** A divisor, and the factor and shift that divide numbers below 2³¹ by it. */
  private static void addDivisor(List<Object> arguments, int divisor) {
    int shift = divisor == 1 ? 0 : 31 - Integer.numberOfLeadingZeros(divisor - 1);
    long power = 1L << 32 + shift;
    arguments.add(divisor);
    arguments.add((int) ((power + divisor - 1) / divisor));
    arguments.add(shift);
  }

  private static void add(List<Object> arguments, CudaArray x, long[] strides) {
    arguments.add(x);
    arguments.add(x == null ? 0 : x.code());
    for (long stride : strides) {
      arguments.add(stride);
    }
  }

  /** A grid for {@code n} threads, each of which may have several turns. */
  static int[] blocks(long n) {
    return new int[] {(int) Math.max(1, Math.min(MOST_BLOCKS, (n + THREADS - 1) / THREADS))};
  }

  /** The axes of out, joined where possible. */
  private static List<Axis> axes(CudaArray a, CudaArray b, CudaArray out) {
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < out.rank(); i++) {
      if (out.size(i) == 1) {
        continue;
      }
      Axis axis =
          new Axis(
              out.size(i), a.stride(i), b == null ? 0 : broadcastStride(b, out, i), out.stride(i));
      int last = axes.size() - 1;
      if (last >= 0 && joins(axes.get(last), axis, b != null)) {
        Axis before = axes.get(last);
        axes.set(last, new Axis(before.size * axis.size, axis.a, axis.b, axis.out));
      } else {
        axes.add(axis);
      }
    }
    return axes;
  }

  private static boolean joins(Axis before, Axis axis, boolean three) {
    return three
        ? before.joins(axis)
        : new Axis(before.size, before.a, 0, before.out)
            .joins(new Axis(axis.size, axis.a, 0, axis.out));
  }

  /** The stride of {@code b} along axis {@code i} of {@code to}; 0 where it is repeated. */
  private static long broadcastStride(Array b, Array to, int i) {
    int own = i - (to.rank() - b.rank());
    if (own < 0 || b.size(own) == 1) {
      return 0;
    }
    if (b.size(own) != to.size(i)) {
      throw new IllegalArgumentException(b + " cannot be broadcast to " + to);
    }
    return b.stride(own);
  }

  private static boolean isContiguous(List<Axis> axes) {
    long stride = 1;
    for (int i = axes.size() - 1; i >= 0; i--) {
      if (axes.get(i).a != stride || axes.get(i).out != stride) {
        return false;
      }
      stride *= axes.get(i).size;
    }
    return true;
  }

  private static boolean isContiguousInB(List<Axis> axes) {
    return axes.isEmpty() || axes.size() == 1 && axes.get(0).b == 1;
  }

  private static boolean isAligned(CudaArray x) {
    return x.address() % (x.type() == Type.FLOAT ? 16 : 8) == 0;
  }
}
