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
 * @param sharedBytes of shared memory that a block can have
 */
record CardProperties(int device, String name, int major, int minor, long bytes, int sharedBytes) {
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
        bytes.getValue(),
        Driver.deviceAttribute(Driver.DEVICE_SHARED_PER_BLOCK_OPTIN, device.getValue()));
  }

  /**
   * Checks that the kernels run on it: they need tensor cores for TF32 and bfloat16, and copies to
   * shared memory that do not wait.
   *
   * @throws CudaUnavailableException if it is too old
   */
  void check() {
    if (major < 8) {
      throw new CudaUnavailableException(
          String.format(
              Locale.ROOT,
              "expected a card of compute capability 8.0 or higher (Ampere, GeForce 30), found %s"
                  + " with %d.%d",
              name,
              major,
              minor));
    }
  }
}
