package org.ipt4j.core;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.transforms.floating.RSqrt;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.api.ops.impl.transforms.same.Sign;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J's fast natives, each writing into a given array. Nothing here allocates but {@link
 * #uninitialized} and {@link #filled}, which take from the open {@link Arena}; nothing here knows
 * of gradients.
 */
public final class Kernels {
  static final boolean ON_PROCESSOR = Backend.onProcessor();

  private Kernels() {}

  /** An array of the open {@link Arena}, its content undefined. */
  public static INDArray uninitialized(DataType type, long... shape) {
    return Arena.allocate(type, shape);
  }

  /** An array of the open {@link Arena}, every element {@code value}. */
  public static INDArray filled(DataType type, double value, long... shape) {
    return uninitialized(type, shape).assign(value);
  }

  /** Fills {@code array}, which lies in one piece, with the numbers from {@code from} on. */
  public static void write(float[] numbers, int from, INDArray array) {
    int length = Math.toIntExact(array.length());
    if (isAddressable(array)) {
      floats(array).put(numbers, from, length);
    } else {
      float[] some = Arrays.copyOfRange(numbers, from, from + length);
      array.assign(Nd4j.createFromArray(some).reshape('c', array.shape()));
    }
  }

  /** Copies {@code array}, which lies in one piece, to {@code target} from {@code at} on. */
  public static void read(INDArray array, float[] target, int at) {
    int length = Math.toIntExact(array.length());
    if (isAddressable(array)) {
      floats(array).get(target, at, length);
    } else {
      System.arraycopy(array.dup().data().asFloat(), 0, target, at, length);
    }
  }

  /** Whether Java can address the array's floats. */
  static boolean isAddressable(INDArray array) {
    return ON_PROCESSOR && array.dataType() == DataType.FLOAT;
  }

  /** The first number of an {@link #isAddressable addressable} array, or of the view that it is. */
  static FloatPointer floats(INDArray array) {
    return new FloatPointer(array.data().addressPointer());
  }

  /** The elements of {@code base} from {@code offset} on, seen with another shape and strides. */
  @SuppressForbidden("a view of given memory, no allocation")
  public static INDArray view(INDArray base, long offset, long[] shape, long[] strides) {
    boolean byColumns =
        shape.length == 2 && strides[0] == 1 && strides[1] == shape[0] && shape[0] > 1;
    return Nd4j.create(base.data(), shape, strides, base.offset() + offset, byColumns ? 'f' : 'c');
  }

  /**
   * y = x with its axes in another order, that of the samples staying the first; both lie in one
   * piece.
   *
   * @param y of x's length
   * @param axes for each axis of y, seen with as many, that of x
   */
  public static void permute(INDArray x, INDArray y, int... axes) {
    if (isAddressable(x)) {
      new Permutation(x.shape(), axes).run(x, y);
    } else {
      INDArray permuted = x.permute(axes);
      y.reshape('c', permuted.shape()).assign(permuted);
    }
  }

  /**
   * out = alpha · op(a) · op(b) + beta · out, where op transposes the last two axes if asked. Takes
   * strided arrays; leading axes are batch axes. Results are the same to the bit for the same
   * arrays and number of threads.
   */
  public static void matmul(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out) {
    if (isByColumns(out)) {
      matmul(b, !transposeB, a, !transposeA, alpha, beta, transposed(out));
      return;
    }
    boolean otherA = isByColumns(a);
    boolean otherB = isByColumns(b);
    Nd4j.exec(
        DynamicCustomOp.builder("matmul")
            .addInputs(otherA ? transposed(a) : a, otherB ? transposed(b) : b)
            .addOutputs(out)
            .addIntegerArguments(transposeA != otherA ? 1 : 0, transposeB != otherB ? 1 : 0, 0)
            .addFloatingPointArguments(alpha, beta)
            .build());
  }

  /** Whether a matrix lies column by column, which ND4J would copy first. */
  private static boolean isByColumns(INDArray x) {
    return x.rank() == 2 && x.size(0) > 1 && x.size(1) > 1 && x.stride(0) == 1;
  }

  private static INDArray transposed(INDArray x) {
    return view(x, 0, new long[] {x.size(1), x.size(0)}, new long[] {x.stride(1), x.stride(0)});
  }

  /** out = a + b, b broadcast to a's shape; out may be a. */
  public static void add(INDArray a, INDArray b, INDArray out) {
    run("add", out, a, b);
  }

  /** out = factor · x + out; shapes are equal. */
  public static void addScaled(double factor, INDArray x, INDArray out) {
    Nd4j.exec(new Axpy(x, out, out, factor));
  }

  /** out = a − b, b broadcast to a's shape; out may be a. */
  public static void subtract(INDArray a, INDArray b, INDArray out) {
    run("subtract", out, a, b);
  }

  /** out = a ∘ b, b broadcast to a's shape; out may be a. */
  public static void multiply(INDArray a, INDArray b, INDArray out) {
    run("multiply", out, a, b);
  }

  /** out = a / b, b broadcast to a's shape; out may be a. */
  public static void divide(INDArray a, INDArray b, INDArray out) {
    run("divide", out, a, b);
  }

  /** Softmax over the last axis; out may be x. Rank 3 and 4 run on oneDNN. */
  public static void softmax(INDArray x, INDArray out) {
    run("softmax", out, x);
  }

  /** out = max(x, 0); out may be x. */
  public static void relu(INDArray x, INDArray out) {
    Nd4j.exec(
        DynamicCustomOp.builder("relu")
            .addInputs(x)
            .addOutputs(out)
            .addFloatingPointArguments(0.0)
            .build());
  }

  /** dy = dy where y > 0, else 0; y is an output of {@link #relu}, both lie in one piece. */
  public static void reluBackward(INDArray y, INDArray dy) {
    if (!isAddressable(y)) {
      run("relu_bp", dy, y, dy);
      return;
    }
    Blocks.run(
        y.length(),
        () -> {
          IntPointer outputs = new IntPointer(y.data().addressPointer());
          IntPointer gradients = new IntPointer(dy.data().addressPointer());
          int[] output = Scratch.ints(0, Blocks.SIZE);
          int[] gradient = Scratch.ints(1, Blocks.SIZE);
          return (from, length) -> {
            outputs.position(from).get(output, 0, length);
            gradients.position(from).get(gradient, 0, length);
            for (int i = 0; i < length; i++) { // no bit is set in 0 but perhaps the sign
              gradient[i] &= -(output[i] & 0x7fff_ffff) >> 31;
            }
            gradients.position(from).put(gradient, 0, length);
          };
        });
  }

  /** out = −1, 0 or 1, as the sign of x. */
  public static void sign(INDArray x, INDArray out) {
    Nd4j.exec(new Sign(x, out));
  }

  /** x = √(x + epsilon), in place. */
  static void root(INDArray x, double epsilon) {
    x.addi(epsilon);
    Nd4j.exec(new Sqrt(x, x));
  }

  /** x = 1/√(x + epsilon), in place. */
  public static void inverseRoot(INDArray x, double epsilon) {
    x.addi(epsilon);
    Nd4j.exec(new RSqrt(x, x));
  }

  /** x [R,Q] → out [R,1], the sum of each row times {@code factor}. */
  public static void sumRows(INDArray x, double factor, INDArray out) {
    matmul(x, false, filled(x.dataType(), 1, x.size(1), 1), false, factor, 0, out);
  }

  /** out [1,Q] = sum over the rows of x [R,Q] + beta · out. */
  public static void sumColumns(INDArray x, double beta, INDArray out) {
    matmul(filled(x.dataType(), 1, 1, x.size(0)), false, x, false, 1, beta, out);
  }

  /** Convolution with stride 1 and output as large as the input; out [N,O,H,W]. */
  static void convolution(INDArray x, INDArray w, INDArray b, INDArray out) {
    Nd4j.exec(
        DynamicCustomOp.builder("conv2d")
            .addInputs(x, w, b)
            .addOutputs(out)
            .addIntegerArguments(convolutionArguments(w))
            .build());
  }

  /** All three gradients of {@link #convolution}, overwriting dx, dw and db. */
  static void convolutionBackward(
      INDArray x, INDArray w, INDArray b, INDArray dy, INDArray dx, INDArray dw, INDArray db) {
    Nd4j.exec(
        DynamicCustomOp.builder("conv2d_bp")
            .addInputs(x, w, b, dy)
            .addOutputs(dx, dw, db)
            .addIntegerArguments(convolutionArguments(w))
            .build());
  }

  private static int[] convolutionArguments(INDArray w) {
    int kernelHeight = (int) w.size(2);
    int kernelWidth = (int) w.size(3);
    // kH kW, stride, padding (ignored), dilation, 1 = same, 0 = NCHW, 1 = weights [O,C,kH,kW]
    return new int[] {kernelHeight, kernelWidth, 1, 1, 0, 0, 1, 1, 1, 0, 1};
  }

  private static void run(String operation, INDArray out, INDArray... inputs) {
    Nd4j.exec(DynamicCustomOp.builder(operation).addInputs(inputs).addOutputs(out).build());
  }
}
