package org.ipt4j.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Memory of the host that the card reads and writes by itself, and when it has. */
final class PinnedBuffer {
  /** How many floats one has. */
  static final int LENGTH = 4 << 20;

  private final long address;
  private final FloatBuffer floats;
  private final Event event;
  private final long stream;

  /** Allocates one; the card's context is current. */
  PinnedBuffer(long stream) {
    this.stream = stream;
    LongByReference created = new LongByReference();
    long bytes = 4L * LENGTH;
    Driver.check(
        Driver.cuMemHostAlloc(created, bytes, 0),
        "cuMemHostAlloc of " + bytes + " bytes of the computer's memory");
    address = created.getValue();
    floats =
        new Pointer(address).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
    event = new Event();
  }

  FloatBuffer floats() {
    return floats;
  }

  /** The address of one of its floats. */
  long address(int at) {
    return address + 4L * at;
  }

  /** Remembers what is queued now. */
  void record() {
    event.record(stream);
  }

  /** Waits for what was queued at the last {@link #record}. */
  void await() {
    event.await();
  }
}
