package org.ipt4j.spark;

import java.io.Serializable;

/**
 * What became of one image.
 *
 * @param image its URI
 * @param target its result's
 * @param message why there is no result; empty if there is one
 * @param seconds it took on its executor, 0 if it was not finished there
 * @param executor which one, empty if it was not finished
 */
public record Outcome(
    String image, String target, Status status, String message, double seconds, String executor)
    implements Serializable {
  /** In a word. */
  public enum Status {
    /** The result is there now. */
    RESTORED,
    /** The result was there before. */
    KEPT,
    /** The image cannot be read, or its result not be written in its format; not tried again. */
    UNREADABLE,
    /**
     * The image was tried several times, alone at last, and each time failed or ended its executor.
     */
    CRASHED
  }
}
