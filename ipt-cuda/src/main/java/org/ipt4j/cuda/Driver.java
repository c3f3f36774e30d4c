package org.ipt4j.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of the CUDA driver that are used. Handles and addresses are longs; a result other
 * than 0 is an error ({@link #check}).
 */
final class Driver {
  static final int OUT_OF_MEMORY = 2;
  static final int NO_DEVICE = 100;

  static final int STREAM_NON_BLOCKING = 1;
  static final int EVENT_DISABLE_TIMING = 2;

  static final int DEVICE_SHARED_PER_BLOCK_OPTIN = 97;
  static final int DEVICE_COMPUTE_CAPABILITY_MAJOR = 75;
  static final int DEVICE_COMPUTE_CAPABILITY_MINOR = 76;

  static final int FUNCTION_SHARED_BYTES = 1;
  static final int FUNCTION_MAX_DYNAMIC_SHARED_BYTES = 8;

  private static boolean loaded;

  private Driver() {}

  /**
   * Loads the driver, the first time.
   *
   * @throws UnsatisfiedLinkError if there is none
   */
  static synchronized void load() {
    if (!loaded) {
      Native.register(Driver.class, NativeLibrary.getInstance(fileName()));
      loaded = true;
    }
  }

  static String fileName() {
    return Platform.isWindows() ? "nvcuda" : "libcuda.so.1";
  }

  /** Throws if this is not success. */
  static void check(int result, String operation) {
    if (result != 0) {
      throw new IllegalStateException(operation + ": " + describe(result));
    }
  }

  /** CUDA's name and text of an error. */
  static String describe(int result) {
    PointerByReference name = new PointerByReference();
    PointerByReference text = new PointerByReference();
    if (cuGetErrorName(result, name) != 0 || cuGetErrorString(result, text) != 0) {
      return "CUDA error " + result;
    }
    return name.getValue().getString(0) + " (" + text.getValue().getString(0) + ")";
  }

  static int deviceAttribute(int attribute, int device) {
    IntByReference value = new IntByReference();
    check(cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
    return value.getValue();
  }

  static native int cuInit(int flags);

  static native int cuDriverGetVersion(IntByReference version);

  static native int cuDeviceGetCount(IntByReference count);

  static native int cuDeviceGet(IntByReference device, int ordinal);

  static native int cuDeviceGetName(byte[] name, int length, int device);

  static native int cuDeviceTotalMem_v2(LongByReference bytes, int device);

  static native int cuDeviceGetAttribute(IntByReference value, int attribute, int device);

  static native int cuDevicePrimaryCtxRetain(LongByReference context, int device);

  static native int cuCtxSetCurrent(long context);

  static native int cuStreamCreate(LongByReference stream, int flags);

  static native int cuStreamSynchronize(long stream);

  static native int cuEventCreate(LongByReference event, int flags);

  static native int cuEventRecord(long event, long stream);

  static native int cuEventSynchronize(long event);

  static native int cuEventDestroy_v2(long event);

  static native int cuStreamWaitEvent(long stream, long event, int flags);

  static native int cuMemGetInfo_v2(LongByReference free, LongByReference total);

  static native int cuMemAlloc_v2(LongByReference address, long bytes);

  static native int cuMemFree_v2(long address);

  static native int cuMemHostAlloc(LongByReference address, long bytes, int flags);

  static native int cuMemcpyHtoDAsync_v2(long to, long from, long bytes, long stream);

  static native int cuMemcpyDtoHAsync_v2(long to, long from, long bytes, long stream);

  static native int cuModuleLoadData(LongByReference module, byte[] image);

  static native int cuModuleGetFunction(LongByReference function, long module, String name);

  static native int cuFuncGetAttribute(IntByReference value, int attribute, long function);

  static native int cuFuncSetAttribute(long function, int attribute, int value);

  static native int cuLaunchKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long parameters,
      long extra);

  static native int cuGetErrorName(int error, PointerByReference name);

  static native int cuGetErrorString(int error, PointerByReference text);
}
