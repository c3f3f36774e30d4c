package org.ipt4j.core;

import java.util.List;
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

  /**
   * Whether a failure is that of memory: Java's, a device's, or that of ND4J's native code, which
   * reports it by the name of a C++ exception.
   */
  public static boolean isOutOfMemory(Throwable failure) {
    return failure instanceof OutOfMemoryError
        || String.valueOf(failure.getMessage()).contains("bad_alloc");
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

  /** An array's memory may go to others from here on, so that its content is undefined. */
  protected void ended(Array array) {
    // nobody need be told
  }

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

  /**
   * As {@link #array}, for numbers that layers read to multiply them: a device may keep them in
   * fewer bits. An array of products is kept as their factors are ({@link #arrayLike}).
   */
  public Array operand(long... shape) {
    return array(shape);
  }

  /** As {@link #array}, for numbers that are kept in as many bits as {@code other}'s. */
  public Array arrayLike(Array other, long... shape) {
    return array(shape);
  }

  /** Whether {@code x} is kept as an {@link #operand} is. */
  public boolean isOperand(Array x) {
    return true;
  }

  /**
   * Whether one pass keeps all of the device busy, so that a batch should go through the network as
   * a whole; else it is cut into pieces, one for each of the {@link Workers}.
   */
  public boolean takesWholeBatches() {
    return false;
  }

  /** Waits until all operations so far are done, where they are only queued. */
  public void await() {
    // here they are done when their methods return
  }

  // the border

  /** Fills the contiguous {@code array} with the numbers from {@code from} on. */
  public abstract void write(float[] numbers, int from, Array array);

  /**
   * Brings numbers to the device ahead of a pass, on any thread; where that takes no copy, they are
   * those of the array when the pass takes them.
   *
   * @param numbers not changed until the result is closed
   * @throws OutOfMemoryError if the device has no memory for them
   */
  public Staged stage(float[] numbers) {
    return (from, shape) -> array(numbers, from, shape);
  }

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

  /** The sum of the squares of all arrays' numbers; each is contiguous. */
  public double squareSum(List<Array> arrays) {
    return arrays.stream().mapToDouble(this::squareSum).sum();
  }

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

  /**
   * As {@link #matmul}, for the products of a layer, whose factors a device may round; {@code
   * matmul} itself is as precise as the device's numbers.
   */
  public void product(Array a, Array b, double alpha, double beta, Array out) {
    matmul(a, b, alpha, beta, out);
  }

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

  /**
   * A convolution with stride 1, whose output is as large as its input: y = r + x ⋆ w + b, or max(x
   * ⋆ w + b, 0).
   *
   * @param x [N,C,H,W]
   * @param w [O,C,k,k]
   * @param b [O]
   * @param r the residual [N,O,H,W]; null: none
   * @param activation applied to y; none if there is a residual
   * @param y [N,O,H,W]
   */
  public abstract void convolution(
      Array x, Array w, Array b, Array r, Activation activation, Array y);

  /**
   * The backward pass of {@link #convolution}, except for the residual, whose gradient is dy.
   *
   * @param y the output, if there is an activation
   * @param dy overwritten if there is an activation
   * @param dx null if not wanted
   * @param dw receives the gradient of w
   * @param db receives the gradient of b
   */
  public abstract void convolutionBackward(
      Array x,
      Array w,
      Array b,
      Activation activation,
      Array y,
      Array dy,
      Target dx,
      Array dw,
      Array db);

  /** x [R,Q] → out [R,1], the sum of each row times {@code factor}. */
  public void sumRows(Array x, double factor, Array out) {
    matmul(x, filled(1, x.size(1), 1), factor, 0, out);
  }

  /** out [1,Q] = sum over the rows of x [R,Q] + beta · out. */
  public void sumColumns(Array x, double beta, Array out) {
    matmul(filled(1, 1, x.size(0)), x, 1, beta, out);
  }

  /** out [1] = the mean of the numbers' absolute values. */
  public void absoluteMean(Array x, Array out) {
    fill(out, absoluteSum(x) / x.length());
  }

  /** out = (the number in {@code factor} / divisor) · x; out may be x. */
  public void scale(Array x, Array factor, double divisor, Array out) {
    scale(x, number(factor) / divisor, out);
  }

  // whole operations in the plain form

  /**
   * A linear layer: y = r + x·wᵀ + b, or max(x·wᵀ + b, 0).
   *
   * @param x [R,I]
   * @param w [O,I]
   * @param b [O]; null: none
   * @param r the residual [R,O]; null: none
   * @param activation applied to y; none if there is a residual
   * @param y [R,O]
   */
  public void linear(Array x, Array w, Array b, Array r, Activation activation, Array y) {
    if (r == null) {
      product(x, w.transposed(), 1, 0, y);
      if (b != null) {
        add(y, b, y);
      }
    } else {
      if (b != null) {
        add(r, b, y);
      } else {
        copy(r, y);
      }
      product(x, w.transposed(), 1, 1, y);
    }
    activation.forward(this, y);
  }

  /**
   * What the gradients of a linear layer are products and sums of.
   *
   * @param dy the gradient before the activation [R,O]
   * @param factor the same, kept in as many bits as the layer's input
   * @param sums what a device keeps for {@link #biasGradient}; null if it keeps nothing
   */
  public record Slopes(Array dy, Array factor, Array sums) {}

  /**
   * Goes back through a linear layer's activation.
   *
   * @param y its output [R,O]
   * @param dy the gradient of y, overwritten if there is an activation
   * @param x its input [R,I]
   * @param withBias whether {@link #biasGradient} will be asked for
   */
  public Slopes linearBackward(
      Activation activation, Array y, Array dy, Array x, boolean withBias) {
    activation.backward(this, y, dy);
    return new Slopes(dy, dy, null);
  }

  /** db [O] = the sum of dy's rows + beta · db. */
  public void biasGradient(Slopes slopes, double beta, Array db) {
    sumColumns(slopes.dy(), beta, db.reshape(1, db.length()));
  }

  /** Layer normalisation of rows; writes y, mean and inverse. */
  public void layerNorm(NormalisedRows rows, double epsilon) {
    Array x = rows.x();
    Array y = rows.y();
    Array mean = rows.mean();
    Array inverse = rows.inverse();
    try (Arena scratch = Arena.open(this, Arena.Use.SCRATCH)) {
      Array squares = array(x.shape());
      sumRows(x, 1.0 / x.size(1), mean);
      subtract(x, mean, y);
      multiply(y, y, squares);
      sumRows(squares, 1.0 / x.size(1), inverse);
      inverseRoot(inverse, epsilon);
      multiply(y, inverse, y);
      multiply(y, rows.gain(), y);
      add(y, rows.bias(), y);
    }
  }

  /**
   * Whether {@link #layerNormBackward} takes x̂ from the layer's input, as it does here. A device
   * whose own takes x̂ = (y − bias) / gain says no, and nothing need keep the input.
   */
  public boolean layerNormReadsInput() {
    return true;
  }

  /**
   * The backward pass of {@link #layerNorm}. With g = dy ∘ gain: dx = (g − mean(g) − x̂ · mean(g ∘
   * x̂)) · inverse, means over D; dgain = sum over the rows of dy ∘ x̂, dbias = sum over the rows
   * of dy.
   *
   * @param rows of the forward pass; x need not be there any more if it is not read
   * @param dy [R,D], overwritten
   * @param dx null if not wanted
   * @param dgain receives the gain's gradient [D]
   * @param dbias receives the bias's gradient [D]
   */
  public void layerNormBackward(
      NormalisedRows rows, Array dy, Target dx, Array dgain, Array dbias) {
    long d = dy.size(1);
    Array inverse = rows.inverse();
    Array normalised = array(dy.shape());
    subtract(rows.x(), rows.mean(), normalised);
    multiply(normalised, inverse, normalised);
    Array product = array(dy.shape());
    Array meanOfRow = array(dy.size(0), 1);
    sumColumns(dy, 0, dbias.reshape(1, d));
    multiply(dy, normalised, product);
    sumColumns(product, 0, dgain.reshape(1, d));
    multiply(dy, rows.gain(), dy);
    multiply(dy, normalised, product);
    sumRows(product, 1.0 / d, meanOfRow);
    multiply(normalised, meanOfRow, product);
    sumRows(dy, 1.0 / d, meanOfRow);
    subtract(dy, product, dy);
    subtract(dy, meanOfRow, dy);
    multiply(dy, inverse, dy);
    give(dy, dx);
  }

  /** Adds {@code part} to a target, or overwrites it; does nothing if there is none. */
  public final void give(Array part, Target target) {
    if (target != null && target.beta() == 0) {
      copy(part, target.array());
    } else if (target != null) {
      add(target.array(), part, target.array());
    }
  }

  /** The shape of what {@link #attention} keeps for its backward pass. */
  public long[] keptByAttention(AttentionHeads heads) {
    return heads.weightsShape();
  }

  /**
   * Attention of each head: y = softmax(factor · q·kᵀ)·v.
   *
   * @param kept receives what the backward pass needs, here the softmax [N,A,S,S']; null if there
   *     is none
   * @param y receives the result [N,S,D], contiguous
   */
  public void attention(AttentionHeads heads, Array kept, Array y) {
    Array p = kept == null ? array(heads.weightsShape()) : kept;
    matmul(heads.byHead(heads.q()), heads.byHead(heads.k()).transposed(), heads.factor(), 0, p);
    softmax(p, p);
    matmul(p, heads.byHead(heads.v()), 1, 0, heads.byHead(y));
  }

  /**
   * The backward pass of {@link #attention}: with the softmax p, dv = pᵀ·dy, dp = dy·vᵀ, dz = p ∘
   * (dp − row sums of dp ∘ p), where those sums equal the sums of dy ∘ y over a head's columns; dq
   * = factor·dz·k, dk = factor·dzᵀ·q. They are added in the order dq, dk, dv, since two of them may
   * be one array.
   *
   * @param kept what {@link #attention} kept
   * @param y its result [N,S,D]
   * @param dq null if not wanted, like dk and dv
   */
  public void attentionBackward(
      AttentionHeads heads, Array kept, Array y, Array dy, Target dq, Target dk, Target dv) {
    Array sums = headSums(heads, dy, y);
    Array dz = array(heads.weightsShape());
    matmul(heads.byHead(dy), heads.byHead(heads.v()).transposed(), 1, 0, dz);
    subtract(dz, heads.byHead(sums), dz);
    multiply(dz, kept, dz);
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
      matmul(kept.transposed(), heads.byHead(dy), 1, dv.beta(), to);
    }
  }

  /** The sums of a ∘ b over each head's columns: [N,S,D] → [N,S,A]. */
  final Array headSums(AttentionHeads heads, Array a, Array b) {
    Array product = array(a.shape());
    multiply(a, b, product);
    Array sums = array(a.size(0), a.size(1), heads.perSample());
    sumRows(product.reshape(sums.length(), heads.width()), 1, sums.reshape(sums.length(), 1));
    return sums;
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
    addScaled(step.freshMean(), g, m);
    multiply(g, g, g);
    scale(v, step.beta2(), v);
    addScaled(step.freshSquare(), g, v);
    scale(v, step.squareFactor(), g);
    root(g, 0);
    shift(g, step.epsilon());
    divide(m, g, g);
    addScaled(-step.meanFactor(), g, w);
  }
}
