package org.ipt4j.data.batch;

import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.LongFunction;
import org.ipt4j.data.image.Image;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Batches as a DL4J data set: features are the degraded patches [N,3,side,side], labels the clean
 * ones [N,3,s·side,s·side], values 0..255.
 */
public final class PatchIterator implements DataSetIterator {
  private final transient LongFunction<PatchBatch> batches;
  private final long first;
  private final long count;
  private final PatchBatch example;
  private long step;
  private DataSetPreProcessor preProcessor;

  /**
   * The batches of {@code count} steps from {@code first} on, for instance {@code patches::batch}.
   */
  public PatchIterator(LongFunction<PatchBatch> batches, long first, long count) {
    if (count < 1) {
      throw new IllegalArgumentException("an iterator has at least 1 batch, got " + count);
    }
    this.batches = Objects.requireNonNull(batches, "batches");
    this.first = first;
    this.count = count;
    this.step = first;
    this.example = batches.apply(first);
  }

  @Override
  public boolean hasNext() {
    return step < first + count;
  }

  @Override
  public DataSet next() {
    if (!hasNext()) {
      throw new NoSuchElementException("all " + count + " batches have been had");
    }
    PatchBatch batch = batches.apply(step++);
    int side = batch.side();
    DataSet set =
        new DataSet(
            array(batch.degraded(), batch.count(), side),
            array(batch.clean(), batch.count(), side * batch.scale()));
    if (preProcessor != null) {
      preProcessor.preProcess(set);
    }
    return set;
  }

  // [N,3,side,side]
  private static INDArray array(float[] values, int count, int side) {
    return Nd4j.createFromArray(values).reshape(count, Image.CHANNELS, side, side);
  }

  @Override
  public DataSet next(int count) {
    if (count != example.count()) {
      throw new IllegalArgumentException(
          "batches have " + example.count() + " patches, asked for " + count);
    }
    return next();
  }

  @Override
  public int inputColumns() {
    return example.degraded().length / example.count();
  }

  @Override
  public int totalOutcomes() {
    return example.clean().length / example.count();
  }

  @Override
  public boolean resetSupported() {
    return true;
  }

  @Override
  public boolean asyncSupported() {
    return true;
  }

  @Override
  public void reset() {
    step = first;
  }

  @Override
  public int batch() {
    return example.count();
  }

  @Override
  public void setPreProcessor(DataSetPreProcessor preProcessor) {
    this.preProcessor = preProcessor;
  }

  @Override
  public DataSetPreProcessor getPreProcessor() {
    return preProcessor;
  }

  @Override
  public List<String> getLabels() {
    return List.of();
  }
}
