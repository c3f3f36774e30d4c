package org.ipt4j.cuda;

import com.sun.jna.Native;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.util.Locale;

/**
 * What the driver says of a card.
 *
 * @param device the driver's handle
 * @param major and {@code minor}: the compute capability
 * @param bytes of memory
 */
record CardProperties(int device, String name, int major, int minor, long bytes) {
  /**
   * Of a card that exists.
   *
   * @param number from 0
   */
  static CardProperties of(int number) {
    IntByReference device = new IntByReference();
    Driver.check(Driver.cuDeviceGet(device, number), "cuDeviceGet");
    byte[] name = new byte[256];
    Driver.check(Driver.cuDeviceGetName(name, name.length, device.getValue()), "cuDeviceGetName");
    LongByReference bytes = new LongByReference();
    Driver.check(Driver.cuDeviceTotalMem_v2(bytes, device.getValue()), "cuDeviceTotalMem");
    return new CardProperties(
        device.getValue(),
        Native.toString(name),
        Driver.deviceAttribute(Driver.DEVICE_COMPUTE_CAPABILITY_MAJOR, device.getValue()),
        Driver.deviceAttribute(Driver.DEVICE_COMPUTE_CAPABILITY_MINOR, device.getValue()),
        bytes.getValue());
  }

  /**
   * Checks that it can compute so.
   *
   * @throws CudaUnavailableException if it is too old
   */
  void check(Arithmetic arithmetic) {
    boolean float32 = arithmetic == Arithmetic.FLOAT32;
    int capability = 10 * major + minor;
    if (capability < (float32 ? 75 : 80)) {
      throw new CudaUnavailableException(
          String.format(
              Locale.ROOT,
              "%s needs a card of compute capability %s or higher (%s), found %s with %d.%d",
              arithmetic,
              float32 ? "7.5" : "8.0",
              float32 ? "Turing, GeForce 16 or 20" : "Ampere, GeForce 30",
              name,
              major,
              minor));
    }
  }
}
