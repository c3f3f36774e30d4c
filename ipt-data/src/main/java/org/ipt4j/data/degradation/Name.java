package org.ipt4j.data.degradation;

/** Builds a degradation's name; settings that equal their defaults are left out. */
final class Name {
  private final StringBuilder text;
  private boolean settings;

  Name(String task) {
    text = new StringBuilder(task);
  }

  Name preset(String preset) {
    return append(preset);
  }

  Name set(String key, Range value, Range fallback) {
    return value.equals(fallback) ? this : append(key + "=" + value);
  }

  private Name append(String setting) {
    text.append(settings ? ',' : ':').append(setting);
    settings = true;
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
