package org.ipt4j.data;

import java.io.IOException;

/** An image that cannot be had; the message names it and says why. */
public final class UnreadableImageException extends IOException {
  UnreadableImageException(String image, String reason) {
    super(image + ": " + reason);
  }

  UnreadableImageException(String image, String reason, Throwable cause) {
    super(image + ": " + reason, cause);
  }
}
