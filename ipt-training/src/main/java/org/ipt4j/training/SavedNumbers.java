package org.ipt4j.training;

import java.io.IOException;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;

/** Numbers of a run that a checkpoint holds beside the model's. */
interface SavedNumbers {
  /** The shape of their tensor. */
  long[] shape();

  /** Replaces them by those of the tensor {@code name}, which is of their shape. */
  void restore(TensorFile file, String name) throws IOException;

  /** What a vector has for one parameter, row by row. */
  record OfParameter(ParameterVector vector, Parameter parameter) implements SavedNumbers {
    @Override
    public long[] shape() {
      return parameter.shape();
    }

    @Override
    public void restore(TensorFile file, String name) throws IOException {
      vector.write(parameter, file.read(name));
    }

    Tensor tensor() {
      return Tensor.of(shape(), numbers -> vector.read(parameter, numbers));
    }
  }
}
