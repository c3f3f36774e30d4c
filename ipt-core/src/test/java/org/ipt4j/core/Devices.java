package org.ipt4j.core;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The devices that tests compare, and ND4J's view of their arrays. */
public final class Devices {
  /** The judge of all others. */
  public static final Device JUDGE = Device.of(Precision.DOUBLE);

  /** The fastest. */
  public static final Device FAST = Device.of(Precision.FLOAT);

  /** Those whose floats are judged. */
  static final List<Device> FLOATS =
      List.of(Device.plain(Precision.FLOAT), FAST, new PoisoningDevice());

  private Devices() {}

  /** What ND4J calls an array; no copy. */
  public static INDArray nd(Array x) {
    return Nd4jDevice.nd(x);
  }

  /** An array that begins with ND4J's numbers, in memory of its own. */
  public static Array array(Device device, INDArray x) {
    if (!(device instanceof Nd4jDevice)) {
      return device.array(x.dup('c').data().asFloat(), 0, x.shape());
    }
    DataType type = device.precision() == Precision.FLOAT ? DataType.FLOAT : DataType.DOUBLE;
    return Nd4jArray.of((Nd4jDevice) device, x.castTo(type).dup('c'));
  }

  /** A copy in double, which outlives the tape. */
  public static INDArray inDouble(Array x) {
    if (!(x.device() instanceof Nd4jDevice)) {
      float[] numbers = new float[(int) x.length()];
      x.device().read(x, numbers, 0);
      return Nd4j.createFromArray(numbers).reshape('c', x.shape()).castTo(DataType.DOUBLE);
    }
    return nd(x).castTo(DataType.DOUBLE).dup('c');
  }
}
