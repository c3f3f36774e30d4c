package org.ipt4j.core;

import java.util.Arrays;
import org.ipt4j.core.Variable.Target;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.reduce.longer.MatchCondition;
import org.nd4j.linalg.api.ops.impl.transforms.floating.RSqrt;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.api.ops.impl.transforms.same.Sign;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.conditions.Conditions;
import org.nd4j.linalg.ops.transforms.Transforms;

/** ND4J's natives, on any backend of ND4J. */
class Nd4jDevice extends Device {
  private final DataType type;

  Nd4jDevice(Precision precision) {
    super(precision);
    Backend.check();
    type = precision == Precision.FLOAT ? DataType.FLOAT : DataType.DOUBLE;
  }

  /** An ND4J device's array as ND4J's own type. */
  static INDArray nd(Array x) {
    return ((Nd4jArray) x).nd();
  }

  @Override
  @SuppressForbidden("takes memory of its own")
  protected Array allocate(long length) {
    long[] some = {Math.max(1, length)};
    return Nd4jArray.of(this, Nd4j.createUninitialized(type, some, 'c'))
        .view(0, new long[] {length}, new long[] {1});
  }

  @Override
  protected void free(Array memory) {
    ((Nd4jArray) memory).free();
  }

  @Override
  public void write(float[] numbers, int from, Array array) {
    float[] some = Arrays.copyOfRange(numbers, from, from + Math.toIntExact(array.length()));
    nd(array).assign(Nd4j.createFromArray(some).reshape('c', array.shape()));
  }

  @Override
  public void read(Array array, float[] numbers, int at) {
    float[] copy = nd(array).dup().data().asFloat();
    System.arraycopy(copy, 0, numbers, at, copy.length);
  }

  @Override
  public double number(Array array) {
    return nd(array).getDouble(0);
  }

  @Override
  public double sum(Array x) {
    return nd(x).sumNumber().doubleValue();
  }

  @Override
  public double absoluteSum(Array x) {
    return nd(x).norm1Number().doubleValue();
  }

  @Override
  public double squareSum(Array x) {
    return Math.pow(nd(x).norm2Number().doubleValue(), 2);
  }

  @Override
  public boolean isFinite(Array x) {
    MatchCondition count = new MatchCondition(nd(x), Conditions.notFinite());
    return Nd4j.getExecutioner().exec(count).getLong(0) == 0;
  }

  @Override
  public void fill(Array out, double value) {
    nd(out).assign(value);
  }

  @Override
  public void copy(Array x, Array out) {
    nd(out).assign(nd(x));
  }

  @Override
  public void matmul(Array a, Array b, double alpha, double beta, Array out) {
    if (isByColumns(out)) {
      matmul(b.transposed(), a.transposed(), alpha, beta, out.transposed());
      return;
    }
    boolean turnA = isByColumns(a);
    boolean turnB = isByColumns(b);
    Nd4j.exec(
        DynamicCustomOp.builder("matmul")
            .addInputs(nd(turnA ? a.transposed() : a), nd(turnB ? b.transposed() : b))
            .addOutputs(nd(out))
            .addIntegerArguments(turnA ? 1 : 0, turnB ? 1 : 0, 0)
            .addFloatingPointArguments(alpha, beta)
            .build());
  }

  /** Whether matrices are column-major, which ND4J would copy first. */
  private static boolean isByColumns(Array x) {
    int rows = x.rank() - 2;
    int columns = x.rank() - 1;
    return x.size(rows) > 1 && x.stride(rows) == 1 && x.stride(columns) >= x.size(rows);
  }

  @Override
  public void add(Array a, Array b, Array out) {
    if (out == a && a.hasShape(b.shape())) {
      addScaled(1, b, out); // takes half the time
    } else if (out == a && b.rank() == 1) {
      run("biasadd", out, a, b); // takes a third of the time
    } else {
      run("add", out, a, b);
    }
  }

  @Override
  public void addScaled(double factor, Array x, Array out) {
    Nd4j.exec(new Axpy(nd(x), nd(out), nd(out), factor));
  }

  @Override
  public void subtract(Array a, Array b, Array out) {
    run("subtract", out, a, b);
  }

  @Override
  public void multiply(Array a, Array b, Array out) {
    run("multiply", out, a, b);
  }

  @Override
  public void divide(Array a, Array b, Array out) {
    run("divide", out, a, b);
  }

  @Override
  public void scale(Array x, double factor, Array out) {
    nd(x).muli(factor, nd(out));
  }

  @Override
  public void shift(Array x, double term) {
    nd(x).addi(term);
  }

  @Override
  public void sign(Array x, Array out) {
    Nd4j.exec(new Sign(nd(x), nd(out)));
  }

  @Override
  public void exp(Array x) {
    Transforms.exp(nd(x), false);
  }

  @Override
  public void log(Array x) {
    Transforms.log(nd(x), false);
  }

  @Override
  public void root(Array x, double epsilon) {
    shift(x, epsilon);
    Nd4j.exec(new Sqrt(nd(x), nd(x)));
  }

  @Override
  public void inverseRoot(Array x, double epsilon) {
    shift(x, epsilon);
    Nd4j.exec(new RSqrt(nd(x), nd(x)));
  }

  /** Rank 3 and 4 run on oneDNN. */
  @Override
  public void softmax(Array x, Array out) {
    if (type == DataType.DOUBLE) { // ND4J divides by zero where a row is all far below zero
      nd(out).assign(nd(x).sub(nd(x).max(true, -1)));
      run("softmax", out, out);
    } else {
      run("softmax", out, x);
    }
  }

  @Override
  public void relu(Array x, Array out) {
    Nd4j.exec(
        DynamicCustomOp.builder("relu")
            .addInputs(nd(x))
            .addOutputs(nd(out))
            .addFloatingPointArguments(0.0)
            .build());
  }

  @Override
  public void reluBackward(Array y, Array dy) {
    run("relu_bp", dy, y, dy);
  }

  @Override
  public void permute(Array x, Array y, int... axes) {
    INDArray permuted = nd(x).permute(axes);
    nd(y.reshape(permuted.shape())).assign(permuted);
  }

  @Override
  public void convolution(Array x, Array w, Array b, Array r, Activation activation, Array y) {
    convolution(x, w, b, y);
    if (r != null) {
      add(y, r, y);
    }
    activation.forward(this, y);
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
    activation.backward(this, y, dy);
    boolean overwrites = dx != null && dx.beta() == 0;
    Array to = overwrites ? dx.array() : array(x.shape());
    convolutionBackward(x, w, b, dy, to, dw, db);
    if (dx != null && !overwrites) {
      add(dx.array(), to, dx.array());
    }
  }

  private void convolution(Array x, Array w, Array b, Array out) {
    Nd4j.exec(
        DynamicCustomOp.builder("conv2d")
            .addInputs(nd(inOnePiece(x)), nd(inOnePiece(w)), nd(b))
            .addOutputs(nd(out))
            .addIntegerArguments(convolutionArguments(w))
            .build());
  }

  // on arm64, conv2d writes beyond its memory if x or w is a part of a wider array
  private Array inOnePiece(Array x) {
    if (x.isRowByRow()) {
      return x;
    }
    Array copy = array(x.shape());
    copy(x, copy);
    return copy;
  }

  /** All three gradients of a convolution, overwriting dx, dw and db. */
  protected void convolutionBackward(
      Array x, Array w, Array b, Array dy, Array dx, Array dw, Array db) {
    Nd4j.exec(
        DynamicCustomOp.builder("conv2d_bp")
            .addInputs(nd(x), nd(w), nd(b), nd(dy))
            .addOutputs(nd(dx), nd(dw), nd(db))
            .addIntegerArguments(convolutionArguments(w))
            .build());
  }

  private static int[] convolutionArguments(Array w) {
    int kernelHeight = (int) w.size(2);
    int kernelWidth = (int) w.size(3);
    // kH kW, stride, padding (ignored), dilation, 1 = same, 0 = NCHW, 1 = weights [O,C,kH,kW]
    return new int[] {kernelHeight, kernelWidth, 1, 1, 0, 0, 1, 1, 1, 0, 1};
  }

  private static void run(String operation, Array out, Array... inputs) {
    INDArray[] arrays = Arrays.stream(inputs).map(Nd4jDevice::nd).toArray(INDArray[]::new);
    Nd4j.exec(DynamicCustomOp.builder(operation).addInputs(arrays).addOutputs(nd(out)).build());
  }
}
