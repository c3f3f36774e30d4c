package org.ipt4j.core;

/** Loss functions; each returns a scalar. */
public final class Losses {
  private Losses() {}

  /**
   * The mean absolute difference, in the units of its arguments.
   *
   * @param x any shape
   * @param target the same shape; does not require a gradient
   * @return [1]
   */
  public static Variable l1(Tape tape, Variable x, Variable target) {
    Shapes.checkEqual(tape, "l1", x, target);
    Device device = tape.device();
    long count = target.value().length();
    Array difference = tape.array(x.shape());
    device.subtract(x.value(), target.value(), difference);
    Array y = tape.array(1);
    device.absoluteMean(difference, y);
    // dx = dy · sign(x − target) / count
    return tape.record(
        Operation.of("l1"),
        y,
        Kept.NOTHING,
        dy ->
            x.receiveOverwriting(
                dx -> {
                  device.sign(difference, dx);
                  device.scale(dx, dy, count, dx);
                }),
        x,
        target);
  }

  /**
   * The mean of √(d² + ε²), where d is the difference: a variant of L1 that is smooth at 0
   * (Charbonnier et al., 1994; Lai et al., 2017, §3.3, with ε = 0.001 for images in 0..1).
   *
   * @param x any shape
   * @param target the same shape; does not require a gradient
   * @param epsilon ε in the units of {@code x}, positive
   * @return [1]
   */
  public static Variable charbonnier(Tape tape, Variable x, Variable target, double epsilon) {
    Shapes.checkEqual(tape, "charbonnier", x, target);
    Device device = tape.device();
    long count = target.value().length();
    Array difference = tape.array(x.shape());
    device.subtract(x.value(), target.value(), difference);
    Array root = tape.array(x.shape());
    device.multiply(difference, difference, root);
    device.root(root, epsilon * epsilon);
    Array y = tape.array(1);
    device.absoluteMean(root, y);
    // dx = dy · d / √(d² + ε²) / count
    return tape.record(
        Operation.of("charbonnier", "epsilon", epsilon),
        y,
        Kept.NOTHING,
        dy ->
            x.receiveOverwriting(
                dx -> {
                  device.divide(difference, root, dx);
                  device.scale(dx, dy, count, dx);
                }),
        x,
        target);
  }
}
