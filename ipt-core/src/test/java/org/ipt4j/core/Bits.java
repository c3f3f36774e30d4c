package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Comparison to the last bit; {@code INDArray.equals} forgives 1e-5. */
public final class Bits {
  private Bits() {}

  /** Fails unless both have one shape and the same numbers. */
  public static void assertSame(INDArray actual, INDArray expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(areSame(actual, expected)).as("the same to the bit").isTrue();
  }

  /** As {@link #assertSame(INDArray, INDArray)}. */
  public static void assertSame(Array actual, Array expected) {
    assertSame(Devices.nd(actual), Devices.nd(expected));
  }

  /** Whether both have the same numbers, in order. */
  public static boolean areSame(INDArray a, INDArray b) {
    return a.dataType() == DataType.DOUBLE
        ? Arrays.equals(a.ravel().toDoubleVector(), b.ravel().toDoubleVector())
        : Arrays.equals(a.ravel().toFloatVector(), b.ravel().toFloatVector());
  }

  /** As {@link #areSame(INDArray, INDArray)}. */
  public static boolean areSame(Array a, Array b) {
    return areSame(Devices.nd(a), Devices.nd(b));
  }
}
