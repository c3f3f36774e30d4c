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

  /**
   * The mean of √(d² + ε²) with d the difference: L1 made smooth at 0 (Charbonnier et al., 1994;
   * Lai et al., 2017, §3.3, with ε = 0.001 for images in 0..1).
   *
   * @param x any shape
   * @param target the same shape; wants no gradient
   * @param epsilon ε in the units of {@code x}, positive
   * @return [1]
   */
  public static Variable charbonnier(Tape tape, Variable x, INDArray target, double epsilon) {
    Shapes.checkEqual("charbonnier", x, tape.constant(target));
    long count = target.length();
    INDArray difference = tape.array(x.shape());
    Kernels.subtract(x.value(), target, difference);
    INDArray root = tape.array(x.shape());
    Kernels.multiply(difference, difference, root);
    Kernels.root(root, epsilon * epsilon);
    INDArray y = tape.array(1).assign(root.norm1Number().doubleValue() / count);
    // dx = dy · d / √(d² + ε²) / count
    return tape.record(
        y,
        dy -> {
          double each = dy.getDouble(0) / count;
          x.receiveOverwriting(
              dx -> {
                Kernels.divide(difference, root, dx);
                dx.muli(each);
              });
        },
        x);
  }
}
