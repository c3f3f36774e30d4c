package org.ipt4j.data.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** An image that cannot be read; the message, one line, names it and says why. */
public final class UnreadableImageException extends IOException {
  private final String reason;

  /**
   * For use by sources of images or pairs.
   *
   * @param image its name
   * @param reason one line that says why it cannot be read
   */
  public UnreadableImageException(String image, String reason) {
    this(image, reason, null);
  }

  UnreadableImageException(String image, Throwable cause) {
    this(image, reason(cause), cause);
  }

  UnreadableImageException(String image, String reason, Throwable cause) {
    super(image + ": " + reason, cause);
    this.reason = reason;
  }

  /** The message without the image's name. */
  public String reason() {
    return reason;
  }

  /**
   * One line with the cause of a failure, which libraries name in their own words or not at all.
   */
  static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    if (root instanceof OutOfMemoryError) {
      return "too large for the memory";
    }
    if (root instanceof EOFException) {
      return "ends too soon";
    }
    if (root instanceof AccessDeniedException) { // whose message is the file's name
      return "access denied";
    }
    if (root instanceof NoSuchFileException) {
      return "no such file";
    }
    String message = root.getMessage() == null ? "" : root.getMessage().strip();
    return message.isEmpty() ? root.getClass().getSimpleName() : message.replaceAll("\\s+", " ");
  }
}
