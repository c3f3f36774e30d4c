package org.ipt4j.model;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.ipt4j.core.Arena;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.Tape;
import org.ipt4j.data.image.Bicubic;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Bicubic enlargement of square images by a whole factor, as two matrix products. */
final class BicubicEnlargement {
  private final int side;
  private final int scale;
  private final Map<DataType, INDArray> matrices = new ConcurrentHashMap<>(); // [s·side, side]

  BicubicEnlargement(int side, int scale) {
    this.side = side;
    this.scale = scale;
  }

  /** x [N,3,side,side] → [N,3,s·side,s·side], an array of the tape's. */
  INDArray apply(Tape tape, INDArray x) {
    INDArray matrix = matrices.computeIfAbsent(x.dataType(), this::matrix);
    long planes = x.size(0) * x.size(1);
    long large = (long) side * scale;
    INDArray y = tape.array(x.size(0), x.size(1), large, large);
    try (Arena scratch = tape.scratch()) {
      INDArray wide = tape.array(planes * side, large); // each row enlarged
      Kernels.matmul(x.reshape('c', planes * side, side), false, matrix, true, 1, 0, wide);
      INDArray columns = tape.array(planes, large, side);
      Kernels.permute(wide.reshape('c', planes, side, large), columns, 0, 2, 1);
      INDArray turned = tape.array(planes * large, large);
      Kernels.matmul(columns.reshape('c', planes * large, side), false, matrix, true, 1, 0, turned);
      Kernels.permute(turned.reshape('c', planes, large, large), y, 0, 2, 1);
    }
    return y;
  }

  private INDArray matrix(DataType type) {
    return Nd4j.createFromArray(Bicubic.enlargingMatrix(side, scale)).castTo(type);
  }
}
