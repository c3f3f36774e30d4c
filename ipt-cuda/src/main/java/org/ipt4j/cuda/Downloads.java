package org.ipt4j.cuda;

import com.sun.jna.Pointer;

/**
 * Copies from the card to the heap through two pinned buffers: one is emptied while the other is
 * filled.
 */
final class Downloads {
  private final long stream;
  private final PinnedBuffer[] buffers = new PinnedBuffer[2];

  Downloads(long stream) {
    this.stream = stream;
  }

  synchronized void read(long from, int length, float[] numbers, int at) {
    int parts = length == 0 ? 0 : (length - 1) / PinnedBuffer.LENGTH + 1;
    for (int i = 0; i <= parts; i++) {
      if (i < parts) {
        queue(i, from, length);
      }
      if (i > 0) {
        take(i - 1, length, numbers, at);
      }
    }
  }

  /** At most half a buffer of doubles. */
  synchronized double[] readDoubles(long from, int length) {
    queue(0, from, 2 * length);
    buffers[0].await();
    return new Pointer(buffers[0].address(0)).getDoubleArray(0, length);
  }

  private void queue(int part, long from, int length) {
    int index = part % buffers.length;
    if (buffers[index] == null) {
      buffers[index] = new PinnedBuffer(stream);
    }
    long offset = 4L * start(part);
    Driver.check(
        Driver.cuMemcpyDtoHAsync_v2(
            buffers[index].address(0), from + offset, 4L * size(part, length), stream),
        "copying from the card");
    buffers[index].record();
  }

  private void take(int part, int length, float[] numbers, int at) {
    PinnedBuffer buffer = buffers[part % buffers.length];
    buffer.await();
    buffer.floats().get(0, numbers, at + start(part), size(part, length));
  }

  private static int start(int part) {
    return part * PinnedBuffer.LENGTH;
  }

  private static int size(int part, int length) {
    return Math.min(PinnedBuffer.LENGTH, length - start(part));
  }
}
