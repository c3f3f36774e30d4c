package org.ipt4j.cuda;

import com.sun.jna.ptr.LongByReference;

/** A moment in a stream's work; before the first {@link #record}, one that has passed. */
final class Event {
  private final long handle;

  /** The card's context is current. */
  Event() {
    LongByReference created = new LongByReference();
    Driver.check(Driver.cuEventCreate(created, Driver.EVENT_DISABLE_TIMING), "cuEventCreate");
    handle = created.getValue();
  }

  /** Remembers what is queued on a stream now. */
  void record(long stream) {
    Driver.check(Driver.cuEventRecord(handle, stream), "cuEventRecord");
  }

  /** Waits for what was queued at the last {@link #record}. */
  void await() {
    Driver.check(Driver.cuEventSynchronize(handle), "cuEventSynchronize");
  }

  /** Lets what is queued on a stream from here on wait for it. */
  void holdUp(long stream) {
    Driver.check(Driver.cuStreamWaitEvent(stream, handle, 0), "cuStreamWaitEvent");
  }

  void destroy() {
    Driver.check(Driver.cuEventDestroy_v2(handle), "cuEventDestroy");
  }
}
