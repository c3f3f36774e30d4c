package org.ipt4j.data;

import java.io.IOException;

/** An image that cannot be had; the message, one line, names it and says why. */
public final class UnreadableImageException extends IOException {
  UnreadableImageException(String image, String reason) {
    super(image + ": " + reason);
  }

  UnreadableImageException(String image, Throwable cause) {
    super(image + ": " + reason(cause), cause);
  }

  private static String reason(Throwable cause) {
    if (cause instanceof OutOfMemoryError) {
      return "too large for the memory";
    }
    String message = cause.getMessage() == null ? "" : cause.getMessage().strip();
    return message.isEmpty()
        ? "damaged (" + cause.getClass().getSimpleName() + ")"
        : message.replaceAll("\\s+", " ");
  }
}
