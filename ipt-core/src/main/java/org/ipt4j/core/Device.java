package org.ipt4j.core;

import org.ipt4j.core.Variable.Target;

/**
 * Where arrays live and what computes with them. A device provides primitives; each writes into a
 * given array and allocates nothing. The whole operations (attention, layer normalisation, Adam, …)
 * are composed of primitives here, in the plain form; a device overrides those that it can do
 * faster. A device knows nothing of how gradients flow. Numbers come and go as Java floats.
 *
 * <p>One device serves many threads. The arrays passed to an operation are this device's and may be
 * strided unless stated otherwise; outputs overlap no inputs.
 */
public abstract class Device {
  private final Precision precision;

  /** A device for numbers of this precision. */
  protected Device(Precision precision) {
    this.precision = precision;
  }

  /**
   * The fastest device for numbers of this precision on ND4J's backend.
   *
   * @throws IllegalStateException if ND4J has no native code to compute with
   */
  public static Device of(Precision precision) {
    Backend.check();
    return precision == Precision.FLOAT ? Fastest.FLOATS : Fastest.DOUBLES;
  }

  /**
   * The plain device, which overrides nothing. It runs on any backend of ND4J and is the reference
   * for all other devices.
   *
   * @throws IllegalStateException if ND4J has no native code to compute with
   */
  public static Device plain(Precision precision) {
    return new Nd4jDevice(precision);
  }

  /** The one place that decides whether the fast forms are used. */
  private static final class Fastest {
    static final Device FLOATS =
        CpuDevice.isPossible() ? new CpuDevice() : new Nd4jDevice(Precision.FLOAT);
    static final Device DOUBLES = new Nd4jDevice(Precision.DOUBLE);
  }

  /** The precision of its numbers. */
  public final Precision precision() {
    return precision;
  }

  // memory

  /** Allocates memory for {@code length} numbers; content undefined. */
  protected abstract Array allocate(long length);

  /** Frees memory that {@link #allocate} returned. */
  protected abstract void free(Array memory);

  /**
   * An array of the {@link Tape} or {@link Arena} opened last on this thread; if none is open, one
   * that lives until it is garbage-collected. Content undefined.
   */
  public final Array array(long... shape) {
    return Arena.allocate(this, shape);
  }

  /**
   * An array that outlives every tape and lives until it is garbage-collected; content undefined.
   */
  public final Array permanent(long... shape) {
    return Arena.unpooled(this, shape);
  }

  /** As {@link #array}, with every number {@code value}. */
  public final Array filled(double value, long... shape) {
    Array array = array(shape);
    fill(array, value);
    return array;
  }

  /** As {@link #array}, filled with a copy of {@code numbers} from {@code from} on. */
  public final Array array(float[] numbers, int from, long... shape) {
    Array array = array(shape);
    write(numbers, from, array);
    return array;
  }

  // the border

  /** Fills the contiguous {@code array} with the numbers from {@code from} on. */
  public abstract void write(float[] numbers, int from, Array array);

  /** Copies the contiguous {@code array} to {@code numbers} from {@code at} on. */
  public abstract void read(Array array, float[] numbers, int at);

  /** The number in an array of length 1. */
  public abstract double number(Array array);

  /** The sum of all numbers. */
  public abstract double sum(Array x);

  /** The sum of the numbers' absolute values. */
  public abstract double absoluteSum(Array x);

  /** The sum of the numbers' squares; x is contiguous. */
  public abstract double squareSum(Array x);

  /** Whether every number is finite; x is contiguous. */
  public abstract boolean isFinite(Array x);

  // primitives

  /** Every number of out = value. */
  public abstract void fill(Array out, double value);

  /** out = x; shapes are equal. */
  public abstract void copy(Array x, Array out);

  /**
   * out = alpha · a·b + beta · out, for matrices in the last two axes; leading axes are batch axes.
   * Takes strided arrays; {@link Array#transposed} ones cost nothing extra. For the same arrays and
   * number of threads the results are bit-identical.
   */
  public abstract void matmul(Array a, Array b, double alpha, double beta, Array out);

  /** out = a + b, b broadcast to a's shape; out may be a. */
  public abstract void add(Array a, Array b, Array out);

  /** out = factor · x + out; shapes are equal. */
  public abstract void addScaled(double factor, Array x, Array out);

  /** out = a − b, b broadcast to a's shape; out may be a. */
  public abstract void subtract(Array a, Array b, Array out);

  /** out = a ∘ b, b broadcast to a's shape; out may be a. */
  public abstract void multiply(Array a, Array b, Array out);

  /** out = a / b, b broadcast to a's shape; out may be a. */
  public abstract void divide(Array a, Array b, Array out);

  /** out = factor · x; out may be x. */
  public abstract void scale(Array x, double factor, Array out);

  /** x = x + term, in place. */
  public abstract void shift(Array x, double term);

  /** out = −1, 0 or 1, by the sign of x. */
  public abstract void sign(Array x, Array out);

  /** x = eˣ, in place. */
  public abstract void exp(Array x);

  /** x = log x, in place. */
  public abstract void log(Array x);

  /** x = √(x + epsilon), in place. */
  public abstract void root(Array x, double epsilon);

  /** x = 1/√(x + epsilon), in place. */
  public abstract void inverseRoot(Array x, double epsilon);

  /** Softmax over the last axis; out may be x. */
  public abstract void softmax(Array x, Array out);

  /** out = max(x, 0); out may be x. */
  public abstract void relu(Array x, Array out);

  /** dy = dy where y > 0, else 0; y is an output of {@link #relu}; both are contiguous. */
  public abstract void reluBackward(Array y, Array dy);

  /**
   * y = x with its axes in another order; the batch axis stays first, and both are contiguous.
   *
   * @param y of x's length
   * @param axes for each axis of y, the axis of x
   */
  public abstract void permute(Array x, Array y, int... axes);

  /** Convolution with stride 1, output as large as the input; out [N,O,H,W]. */
  public abstract void convolution(Array x, Array w, Array b, Array out);

  /** All three gradients of {@link #convolution}; overwrites dx, dw and db. */
  public abstract void convolutionBackward(
      Array x, Array w, Array b, Array dy, Array dx, Array dw, Array db);

  /** x [R,Q] → out [R,1], the sum of each row times {@code factor}. */
  public void sumRows(Array x, double factor, Array out) {
    matmul(x, filled(1, x.size(1), 1), factor, 0, out);
  }

  /** out [1,Q] = sum over the rows of x [R,Q] + beta · out. */
  public void sumColumns(Array x, double beta, Array out) {
    matmul(filled(1, 1, x.size(0)), x, 1, beta, out);
  }

  // whole operations in the plain form

  /**
   * Layer normalisation of rows: y = x̂ ∘ gain + bias with x̂ = (x − mean) · inverse and inverse =
   * 1/√(variance + epsilon), all over D, the variance with 1/D. All arrays are contiguous.
   *
   * @param x [R,D]
   * @param mean receives the mean [R,1]
   * @param inverse receives the inverse [R,1]
   */
  public void layerNorm(
      Array x, Array gain, Array bias, double epsilon, Array y, Array mean, Array inverse) {
    try (Arena scratch = Arena.open(this, Arena.Use.SCRATCH)) {
      Array squares = array(x.shape());
      sumRows(x, 1.0 / x.size(1), mean);
      subtract(x, mean, y);
      multiply(y, y, squares);
      sumRows(squares, 1.0 / x.size(1), inverse);
      inverseRoot(inverse, epsilon);
      multiply(y, inverse, y);
      multiply(y, gain, y);
      add(y, bias, y);
    }
  }

  /**
   * The backward pass of {@link #layerNorm}. With g = dy ∘ gain: dy = (g − mean(g) − x̂ · mean(g ∘
   * x̂)) · inverse, means over D; dgain = sum over the rows of dy ∘ x̂, dbias = sum over the rows
   * of dy.
   *
   * @param dy [R,D], becomes dx
   * @param dgain receives the gain's gradient [D]
   * @param dbias receives the bias's gradient [D]
   */
  public void layerNormBackward(
      Array dy, Array x, Array gain, Array mean, Array inverse, Array dgain, Array dbias) {
    long d = dy.size(1);
    Array normalised = array(dy.shape());
    subtract(x, mean, normalised);
    multiply(normalised, inverse, normalised);
    Array product = array(dy.shape());
    Array meanOfRow = array(dy.size(0), 1);
    sumColumns(dy, 0, dbias.reshape(1, d));
    multiply(dy, normalised, product);
    sumColumns(product, 0, dgain.reshape(1, d));
    multiply(dy, gain, dy);
    multiply(dy, normalised, product);
    sumRows(product, 1.0 / d, meanOfRow);
    multiply(normalised, meanOfRow, product);
    sumRows(dy, 1.0 / d, meanOfRow);
    subtract(dy, product, dy);
    subtract(dy, meanOfRow, dy);
    multiply(dy, inverse, dy);
  }

  /**
   * Attention of each head: y = softmax(factor · q·kᵀ)·v.
   *
   * @param weights receives the softmax [N,A,S,S'] for the backward pass; null if there is none
   * @param y receives the result [N,S,D], contiguous
   */
  public void attention(AttentionHeads heads, Array weights, Array y) {
    Array p = weights == null ? array(heads.weightsShape()) : weights;
    matmul(heads.byHead(heads.q()), heads.byHead(heads.k()).transposed(), heads.factor(), 0, p);
    softmax(p, p);
    matmul(p, heads.byHead(heads.v()), 1, 0, heads.byHead(y));
  }

  /**
   * The backward pass of {@link #attention}: dv = pᵀ·dy, dp = dy·vᵀ, dz = p ∘ (dp − row sums of dp
   * ∘ p), where those sums equal the sums of dy ∘ y over a head's columns; dq = factor·dz·k, dk =
   * factor·dzᵀ·q. They are added in this order, since two of them may be one array.
   *
   * @param weights p [N,A,S,S']
   * @param sums the sums of dy ∘ y over each head's columns [N,S,A]
   * @param dq null if not wanted, like dk and dv
   */
  public void attentionBackward(
      AttentionHeads heads, Array weights, Array dy, Array sums, Target dq, Target dk, Target dv) {
    Array dz = array(heads.weightsShape());
    matmul(heads.byHead(dy), heads.byHead(heads.v()).transposed(), 1, 0, dz);
    subtract(dz, heads.byHead(sums), dz);
    multiply(dz, weights, dz);
    double factor = heads.factor();
    if (dq != null) {
      Array to = heads.byHead(dq.array());
      matmul(dz, heads.byHead(heads.k()), factor, dq.beta(), to);
    }
    if (dk != null) {
      Array to = heads.byHead(dk.array());
      matmul(dz.transposed(), heads.byHead(heads.q()), factor, dk.beta(), to);
    }
    if (dv != null) {
      Array to = heads.byHead(dv.array());
      matmul(weights.transposed(), heads.byHead(dy), 1, dv.beta(), to);
    }
  }

  /**
   * Whether a pixel shuffle between two 3×3 convolutions is computed as one 5×5 convolution where
   * that saves multiplications ({@link FoldedKernel}).
   */
  protected boolean foldsSubPixels() {
    return false;
  }

  /**
   * A step of Adam: m = β₁·m + (1−β₁)·g, v = β₂·v + (1−β₂)·g², w = w − rate · m̂ / (√v̂ + ε), where
   * m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ). All are contiguous vectors of one length; g may be
   * overwritten.
   */
  public void adam(Adam step, Array w, Array g, Array m, Array v) {
    scale(m, step.beta1(), m);
    addScaled(1 - step.beta1(), g, m);
    multiply(g, g, g);
    scale(v, step.beta2(), v);
    addScaled(1 - step.beta2(), g, v);
    scale(v, step.squareFactor(), g);
    root(g, 0);
    shift(g, step.epsilon());
    divide(m, g, g);
    addScaled(-step.meanFactor(), g, w);
  }
}
