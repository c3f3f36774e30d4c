package org.ipt4j.model;

/**
 * One thing a model can do.
 *
 * @param name how it is asked for, for instance {@code denoise30}
 * @param scale s: the restored image is s times as high and as wide as the degraded one
 */
public record Task(String name, int scale) {
  /** Checks that the name is not blank; the scale is checked by the tail that is built for it. */
  public Task {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a task needs a name");
    }
  }
}
