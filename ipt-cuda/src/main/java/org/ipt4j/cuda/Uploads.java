package org.ipt4j.cuda;

/**
 * Copies from the heap to the card through a ring of pinned buffers. Small ones follow each other
 * in one buffer; only who comes round to a buffer still being read waits.
 */
final class Uploads {
  private final long stream;
  private final PinnedBuffer[] ring = new PinnedBuffer[4];
  private int current = -1;
  private int position = PinnedBuffer.LENGTH;

  Uploads(long stream) {
    this.stream = stream;
  }

  synchronized void write(float[] numbers, int from, int length, long to) {
    int done = 0;
    while (done < length) {
      if (position == PinnedBuffer.LENGTH) {
        advance();
      }
      int part = Math.min(length - done, PinnedBuffer.LENGTH - position);
      PinnedBuffer buffer = ring[current];
      buffer.floats().put(position, numbers, from + done, part);
      Driver.check(
          Driver.cuMemcpyHtoDAsync_v2(to + 4L * done, buffer.address(position), 4L * part, stream),
          "copying to the card");
      position += part;
      done += part;
    }
  }

  private void advance() {
    if (current >= 0) {
      ring[current].record();
    }
    int next = (current + 1) % ring.length;
    if (ring[next] == null) {
      ring[next] = new PinnedBuffer(stream);
    } else {
      ring[next].await();
    }
    current = next;
    position = 0;
  }
}
