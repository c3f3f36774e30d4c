package org.ipt4j.data.batch;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.function.LongFunction;
import org.ipt4j.data.image.Image;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * Batches from a DL4J data set of (degraded [N,3,side,side], clean [N,3,s·side,s·side]), values
 * 0..255. The batch of step k is the iterator's k-th; at its end the iterator starts again. For the
 * batch to be a pure function of k, the iterator must give the same after every reset. An iterator
 * only goes forward: steps in order are cheap, any other step costs a pass over the data, so
 * prefetch with one thread.
 */
public final class DataSetBatches implements LongFunction<PatchBatch> {
  private final DataSetIterator iterator;
  private long next;

  /** Takes over the iterator and resets it; it must support reset. */
  public DataSetBatches(DataSetIterator iterator) {
    this.iterator = Objects.requireNonNull(iterator, "iterator");
    if (!iterator.resetSupported()) {
      throw new IllegalArgumentException(
          "batches need an iterator that can be reset, got " + iterator.getClass().getName());
    }
    iterator.reset();
  }

  @Override
  public synchronized PatchBatch apply(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("steps count from 0, got " + step);
    }
    if (step < next) {
      iterator.reset();
      next = 0;
    }
    DataSet set;
    do {
      if (!iterator.hasNext()) {
        iterator.reset();
        if (!iterator.hasNext()) {
          throw new IllegalStateException("the data set iterator has no batch");
        }
      }
      set = iterator.next();
    } while (next++ < step);
    return batch(set.getFeatures(), set.getLabels());
  }

  private static PatchBatch batch(INDArray degraded, INDArray clean) {
    long[] in = square(degraded, "features");
    long[] out = square(clean, "labels");
    if (out[0] != in[0] || out[2] % in[2] != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "labels have as many patches as features and a multiple of their side, got %s and %s",
              Arrays.toString(out),
              Arrays.toString(in)));
    }
    return new PatchBatch(
        (int) in[0], (int) in[2], (int) (out[2] / in[2]), values(degraded), values(clean));
  }

  private static long[] square(INDArray array, String what) {
    long[] shape = array.shape();
    if (shape.length != 4 || shape[1] != Image.CHANNELS || shape[2] != shape[3]) {
      throw new IllegalArgumentException(
          what + " are [N,3,side,side], got " + Arrays.toString(shape));
    }
    return shape;
  }

  private static float[] values(INDArray array) {
    return array.castTo(DataType.FLOAT).dup('c').data().asFloat();
  }
}
