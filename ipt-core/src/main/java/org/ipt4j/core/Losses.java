package org.ipt4j.core;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Scalars to be made small. */
public final class Losses {
  private Losses() {}

  /**
   * The mean absolute difference, in the units of its arguments.
   *
   * @param x any shape
   * @param target the same shape; wants no gradient
   * @return [1]
   */
  public static Variable l1(Tape tape, Variable x, INDArray target) {
    Shapes.checkEqual("l1", x, tape.constant(target));
    long count = target.length();
    INDArray difference = tape.array(x.shape());
    Kernels.subtract(x.value(), target, difference);
    INDArray y = tape.array(1).assign(difference.norm1Number().doubleValue() / count);
    // dx = dy · sign(x − target) / count
    return tape.record(
        y,
        dy -> {
          double each = dy.getDouble(0) / count;
          x.receiveOverwriting(
              dx -> {
                Kernels.sign(difference, dx);
                dx.muli(each);
              });
        },
        x);
  }
}
