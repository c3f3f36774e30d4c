package org.ipt4j.model;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.ipt4j.core.Arena;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Kept;
import org.ipt4j.core.Operation;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.data.image.Bicubic;

/**
 * Bicubic enlargement of square images by an integer factor, as an operation of two matrix
 * products.
 */
final class BicubicEnlargement {
  private final int side;
  private final int scale;
  private final Map<Device, Array> matrices = new ConcurrentHashMap<>(); // M [s·side, side]

  BicubicEnlargement(int side, int scale) {
    this.side = side;
    this.scale = scale;
  }

  /** y = M·x·Mᵀ for each plane: x [N,3,side,side] → [N,3,s·side,s·side]. */
  Variable forward(Tape tape, Variable x) {
    Array m = matrices.computeIfAbsent(tape.device(), this::matrix);
    long large = m.size(0);
    Array y = tape.array(x.size(0), x.size(1), large, large);
    try (Arena scratch = tape.scratch()) {
      multiply(m, x.value(), y);
    }
    // dx = Mᵀ·dy·M
    return tape.record(
        Operation.of("bicubic", "factor", scale)
            .multiplying(x.value().length() * large + y.length() * side),
        y,
        Kept.NOTHING,
        dy -> x.receiveOverwriting(dx -> multiply(m.transposed(), dy, dx)),
        x);
  }

  /** out = m·x·mᵀ for each plane of x [N,C,H,H]. */
  private static void multiply(Array m, Array x, Array out) {
    Device device = m.device();
    long planes = x.size(0) * x.size(1);
    long in = x.size(2);
    long sides = out.size(2);
    Array rows = device.array(planes * in, sides);
    device.matmul(x.reshape(planes * in, in), m.transposed(), 1, 0, rows);
    Array columns = device.array(planes, sides, in);
    device.permute(rows.reshape(planes, in, sides), columns, 0, 2, 1);
    Array turned = device.array(planes * sides, sides);
    device.matmul(columns.reshape(planes * sides, in), m.transposed(), 1, 0, turned);
    device.permute(turned.reshape(planes, sides, sides), out, 0, 2, 1);
  }

  private Array matrix(Device device) {
    float[][] weights = Bicubic.enlargingMatrix(side, scale);
    float[] numbers = new float[weights.length * side];
    for (int i = 0; i < weights.length; i++) {
      System.arraycopy(weights[i], 0, numbers, i * side, side);
    }
    Array matrix = device.permanent(weights.length, side);
    device.write(numbers, 0, matrix);
    return matrix;
  }
}
