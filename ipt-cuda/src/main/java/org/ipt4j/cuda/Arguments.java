package org.ipt4j.cuda;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A kernel's arguments in native memory: a slot of 8 bytes for each, and the pointers to them that
 * a launch takes. Reused from launch to launch; one for each thread.
 */
final class Arguments {
  /** As many as a kernel can have here. */
  static final int MOST = 64;

  private static final ThreadLocal<Arguments> OWN = ThreadLocal.withInitial(Arguments::new);

  private final ByteBuffer slots = memory();
  private final ByteBuffer pointers = memory();
  private final long address = address(pointers);

  Arguments() {
    for (int i = 0; i < MOST; i++) {
      pointers.putLong(8 * i, address(slots) + 8L * i);
    }
  }

  /** This thread's. */
  static Arguments own() {
    return OWN.get();
  }

  /**
   * Writes the arguments over those before.
   *
   * @param arguments arrays (their addresses; null: 0), Longs, Integers and Floats
   * @return the address of an array of pointers to them ({@code void**})
   * @throws IllegalArgumentException if there is one of another type or more than {@link #MOST}
   */
  long pack(Object... arguments) {
    if (arguments.length > MOST) {
      throw new IllegalArgumentException(
          "a kernel takes at most " + MOST + " arguments, not " + arguments.length);
    }
    for (int i = 0; i < arguments.length; i++) {
      Object argument = arguments[i];
      if (argument == null) {
        slots.putLong(8 * i, 0);
      } else if (argument instanceof CudaArray array) {
        slots.putLong(8 * i, array.address());
      } else if (argument instanceof Long number) {
        slots.putLong(8 * i, number);
      } else if (argument instanceof Integer number) {
        slots.putInt(8 * i, number);
      } else if (argument instanceof Float number) {
        slots.putFloat(8 * i, number);
      } else {
        throw new IllegalArgumentException(
            "argument "
                + i
                + " must be an array, Long, Integer or Float, not "
                + argument.getClass().getName());
      }
    }
    return address;
  }

  private static ByteBuffer memory() {
    return ByteBuffer.allocateDirect(8 * MOST).order(ByteOrder.nativeOrder());
  }

  private static long address(ByteBuffer buffer) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
  }
}
