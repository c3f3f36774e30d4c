package org.ipt4j.core;

import java.util.Arrays;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.indexer.FloatIndexer;
import org.ipt4j.core.Variable.Target;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Floats on the processor: ND4J's natives, and forms of whole operations that are faster there,
 * divided among the {@link Workers}.
 */
class CpuDevice extends Nd4jDevice {
  private static final long LINE = 64; // bytes of a cache line, where memory begins

  CpuDevice() {
    super(Precision.FLOAT);
  }

  /** Whether ND4J computes on the processor, with an OpenBLAS that can be called. */
  static boolean isPossible() {
    return Backend.onProcessor() && Blas.isPossible();
  }

  /** The first number of an array of an ND4J device on the processor. */
  static FloatPointer floats(Array x) {
    return ((Nd4jArray) x).floats();
  }

  /**
   * ND4J writes to all memory it allocates, so that unused memory gets pages too; this does not.
   */
  @Override
  @SuppressForbidden("gives the arenas' blocks their memory")
  protected Array allocate(long length) {
    long all = length + LINE / Float.BYTES;
    FloatPointer memory = new FloatPointer(all);
    Array array =
        Nd4jArray.of(
            this,
            Nd4j.create(
                Nd4j.createBuffer(memory, DataType.FLOAT, all, FloatIndexer.create(memory)),
                new long[] {all},
                new long[] {1},
                0,
                'c'),
            memory);
    long first = (LINE - memory.address() % LINE) % LINE / Float.BYTES;
    return array.view(first, new long[] {length}, new long[] {1});
  }

  @Override
  public void write(float[] numbers, int from, Array array) {
    floats(array).put(numbers, from, Math.toIntExact(array.length()));
  }

  @Override
  public void read(Array array, float[] numbers, int at) {
    floats(array).get(numbers, at, Math.toIntExact(array.length()));
  }

  @Override
  public double squareSum(Array x) {
    double[] sums = new double[Blocks.count(x.length())];
    Blocks.run(
        x.length(),
        () -> {
          FloatPointer from = floats(x);
          float[] block = Scratch.floats(0, Blocks.SIZE);
          return (begin, length) -> {
            from.position(begin).get(block, 0, length);
            double sum = 0;
            for (int i = 0; i < length; i++) {
              sum += (double) block[i] * block[i];
            }
            sums[(int) (begin / Blocks.SIZE)] = sum;
          };
        });
    return Arrays.stream(sums).sum();
  }

  @Override
  public void reluBackward(Array y, Array dy) {
    Blocks.run(
        y.length(),
        () -> {
          IntPointer outputs = new IntPointer(floats(y));
          IntPointer gradients = new IntPointer(floats(dy));
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

  @Override
  public void permute(Array x, Array y, int... axes) {
    new Permutation(x.shape(), axes).run(x, y);
  }

  @Override
  protected void convolutionBackward(
      Array x, Array w, Array b, Array dy, Array dx, Array dw, Array db) {
    if (WinogradGradients.support(x, w)
        && Stream.of(x, w, dy, dx, dw, db).allMatch(Array::isRowByRow)) {
      new WinogradGradients(x, w, dy).write(dx, dw, db);
    } else {
      super.convolutionBackward(x, w, b, dy, dx, dw, db);
    }
  }

  @Override
  public void layerNorm(NormalisedRows rows, double epsilon) {
    new HeapLayerNorm(rows).forward(epsilon);
  }

  @Override
  public void layerNormBackward(
      NormalisedRows rows, Array dy, Target dx, Array dgain, Array dbias) {
    new HeapLayerNorm(rows).backward(dy, dx, dgain, dbias);
  }

  @Override
  public void attention(AttentionHeads heads, Array kept, Array y) {
    if (HeadMatrices.support(heads)) {
      new PerHeadForward(heads, y).run(kept);
    } else {
      super.attention(heads, kept, y);
    }
  }

  @Override
  public void attentionBackward(
      AttentionHeads heads, Array kept, Array y, Array dy, Target dq, Target dk, Target dv) {
    if (HeadMatrices.support(heads)) {
      new PerHeadBackward(heads, dy, kept, headSums(heads, dy, y)).addTo(dq, dk, dv);
    } else {
      super.attentionBackward(heads, kept, y, dy, dq, dk, dv);
    }
  }

  @Override
  protected boolean foldsSubPixels() {
    return true;
  }

  @Override
  public void adam(Adam step, Array w, Array g, Array m, Array v) {
    AdamPass.run(step, w, g, m, v);
  }
}
