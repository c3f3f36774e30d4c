package org.ipt4j.core;

/**
 * Numbers on their way to a {@link Device}, from {@link Device#stage}. They serve the inputs of a
 * pass ({@link Tape#input(Staged, int, long...)}) on any thread.
 */
@FunctionalInterface
public interface Staged extends AutoCloseable {
  /**
   * The numbers from {@code from} on; of the {@link Tape} that is open on this thread, or of the
   * staged memory itself. So they are taken once: what then overwrites the array may overwrite
   * them.
   */
  Array array(int from, long... shape);

  /**
   * Gives its memory back, which operations queued so far may still read; does so once. Arrays of
   * it end.
   */
  @Override
  default void close() {
    // numbers on the heap have no other memory
  }
}
