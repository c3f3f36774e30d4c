package org.ipt4j.core;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Puts the axes of a batch's samples in another order. Goes sample by sample through heap arrays,
 * the longest axis innermost: ND4J's strided copies took a tenth of a small network's inference
 * time.
 */
final class Permutation {
  private final int samples;
  private final int length; // of a sample
  private final int[] sizes; // of the axes in the order gone through
  private final int[] from; // their strides in the source
  private final int[] to; // and in the target

  /**
   * Takes the arguments of {@link Device#permute}.
   *
   * @param shape of the source
   * @param axes for each of the target's axes, the source's; the first, the batch axis, stays
   */
  Permutation(long[] shape, int... axes) {
    int rank = shape.length;
    int[] source = new int[rank];
    int[] target = new int[rank];
    int inSource = 1;
    int inTarget = 1;
    for (int i = rank - 1; i > 0; i--) {
      source[i] = inSource;
      inSource = Math.multiplyExact(inSource, (int) shape[i]);
      target[axes[i]] = inTarget;
      inTarget *= (int) shape[axes[i]];
    }
    int[] order =
        IntStream.range(1, rank)
            .boxed()
            .sorted(Comparator.comparingLong(axis -> shape[axis]))
            .mapToInt(axis -> axis)
            .toArray();
    samples = (int) shape[0];
    length = inSource;
    sizes = IntStream.of(order).map(axis -> (int) shape[axis]).toArray();
    from = IntStream.of(order).map(axis -> source[axis]).toArray();
    to = IntStream.of(order).map(axis -> target[axis]).toArray();
  }

  /** Permutes x into y, both FLOAT on the processor and contiguous. */
  void run(Array x, Array y) {
    int shares = Math.min(samples, Workers.count());
    Workers.run(
        shares,
        share -> {
          FloatPointer source = CpuDevice.floats(x);
          FloatPointer target = CpuDevice.floats(y);
          float[] in = Scratch.floats(0, length);
          float[] out = Scratch.floats(1, length);
          for (long i = share; i < samples; i += shares) {
            source.position(i * length).get(in, 0, length);
            permute(in, out, 0, 0, 0);
            target.position(i * length).put(out, 0, length);
          }
        });
  }

  private void permute(float[] in, float[] out, int axis, int at, int target) {
    int size = sizes[axis];
    int step = from[axis];
    int targetStep = to[axis];
    if (axis == sizes.length - 1) {
      for (int i = 0; i < size; i++) {
        out[target + i * targetStep] = in[at + i * step];
      }
    } else {
      for (int i = 0; i < size; i++) {
        permute(in, out, axis + 1, at + i * step, target + i * targetStep);
      }
    }
  }
}
