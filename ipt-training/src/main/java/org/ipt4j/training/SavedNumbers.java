package org.ipt4j.training;

import java.io.IOException;
import java.util.function.Consumer;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;

/** Numbers of a run that a checkpoint holds beside the model's. */
interface SavedNumbers {
  /** The shape of their tensor. */
  long[] shape();

  /** Replaces them by those of the tensor {@code name}, which is of their shape. */
  void restore(TensorFile file, String name) throws IOException;

  /**
   * Those that belong to one parameter, row by row.
   *
   * @param reader fills an array with the numbers
   * @param writer replaces them
   */
  record OfParameter(long[] shape, Consumer<float[]> reader, Consumer<float[]> writer)
      implements SavedNumbers {
    @Override
    public void restore(TensorFile file, String name) throws IOException {
      writer.accept(file.read(name));
    }

    Tensor tensor() {
      return Tensor.of(shape, reader);
    }
  }
}
