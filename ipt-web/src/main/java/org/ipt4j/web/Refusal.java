package org.ipt4j.web;

import java.util.Map;

/** A request that is not served; the message is the one line that its sender gets. */
final class Refusal extends Exception {
  private final int status;
  private final Map<String, String> headers;

  Refusal(int status, String message) {
    this(status, message, Map.of());
  }

  Refusal(int status, String message, Map<String, String> headers) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  int status() {
    return status;
  }

  /** To be sent with it. */
  Map<String, String> headers() {
    return headers;
  }
}
