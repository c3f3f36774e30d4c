package org.ipt4j.model;

/**
 * Receives the progress of restoring, on the restoring thread. Whatever it throws ends the
 * restoring, for instance a {@link java.util.concurrent.CancellationException}.
 */
@FunctionalInterface
public interface TileListener {
  /** Called after each pass: {@code done} of {@code all} tiles of the image are restored. */
  void tilesDone(int done, int all);
}
