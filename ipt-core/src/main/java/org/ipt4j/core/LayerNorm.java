package org.ipt4j.core;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Layer normalisation of rows [R,D]: one contract, and each way to compute it. */
interface LayerNorm {
  /**
   * y = x̂ ∘ gain + bias with x̂ = (x − mean) · inverse and inverse = 1/√(variance + epsilon), all
   * over D, the variance with 1/D.
   *
   * @param mean receives it [R,1]
   * @param inverse receives it [R,1]
   */
  void forward(
      INDArray x,
      INDArray gain,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse);

  /**
   * With g = dy ∘ gain: dy = (g − mean(g) − x̂ · mean(g ∘ x̂)) · inverse, means over D; dgain = sum
   * of (dy ∘ x̂)'s rows, dbias = sum of dy's rows.
   *
   * @param dgain [D]
   * @param dbias [D]
   */
  void backward(
      INDArray dy,
      INDArray x,
      INDArray gain,
      INDArray mean,
      INDArray inverse,
      INDArray dgain,
      INDArray dbias);

  /** The fastest for arrays such as {@code x}. */
  static LayerNorm fastest(INDArray x) {
    return Kernels.isAddressable(x) ? new HeapLayerNorm(x) : plain();
  }

  /** By ND4J's operations: any backend and type. */
  static LayerNorm plain() {
    return new LayerNorm() {
      @Override
      public void forward(
          INDArray x,
          INDArray gain,
          INDArray bias,
          double epsilon,
          INDArray y,
          INDArray mean,
          INDArray inverse) {
        try (Arena scratch = Arena.open(Arena.Use.SCRATCH)) {
          INDArray squares = Kernels.uninitialized(x.dataType(), x.shape());
          Kernels.sumRows(x, 1.0 / x.size(1), mean);
          Kernels.subtract(x, mean, y);
          Kernels.multiply(y, y, squares);
          Kernels.sumRows(squares, 1.0 / x.size(1), inverse);
          Kernels.inverseRoot(inverse, epsilon);
          Kernels.multiply(y, inverse, y);
          Kernels.multiply(y, gain, y);
          Kernels.add(y, bias, y);
        }
      }

      @Override
      public void backward(
          INDArray dy,
          INDArray x,
          INDArray gain,
          INDArray mean,
          INDArray inverse,
          INDArray dgain,
          INDArray dbias) {
        long d = dy.size(1);
        INDArray normalised = Kernels.uninitialized(dy.dataType(), dy.shape());
        Kernels.subtract(x, mean, normalised);
        Kernels.multiply(normalised, inverse, normalised);
        INDArray product = Kernels.uninitialized(dy.dataType(), dy.shape());
        INDArray meanOfRow = Kernels.uninitialized(dy.dataType(), dy.size(0), 1);
        Kernels.sumColumns(dy, 0, dbias.reshape('c', 1, d));
        Kernels.multiply(dy, normalised, product);
        Kernels.sumColumns(product, 0, dgain.reshape('c', 1, d));
        Kernels.multiply(dy, gain, dy);
        Kernels.multiply(dy, normalised, product);
        Kernels.sumRows(product, 1.0 / d, meanOfRow);
        Kernels.multiply(normalised, meanOfRow, product);
        Kernels.sumRows(dy, 1.0 / d, meanOfRow);
        Kernels.subtract(dy, product, dy);
        Kernels.subtract(dy, meanOfRow, dy);
        Kernels.multiply(dy, inverse, dy);
      }
    };
  }
}
