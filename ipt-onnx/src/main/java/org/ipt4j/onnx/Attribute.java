package org.ipt4j.onnx;

/** An attribute of an ONNX node. */
record Attribute(Message message) {
  private static final int NAME = 1;
  private static final int TYPE = 20;

  static Attribute of(String name, long value) {
    return new Attribute(named(name, 2).add(3, value));
  }

  static Attribute of(String name, float value) {
    return new Attribute(named(name, 1).add(2, value));
  }

  static Attribute of(String name, String value) {
    return new Attribute(named(name, 3).add(4, value));
  }

  static Attribute of(String name, long[] values) {
    Message message = named(name, 7);
    for (long value : values) {
      message.add(8, value);
    }
    return new Attribute(message);
  }

  private static Message named(String name, int type) {
    return new Message().add(NAME, name).add(TYPE, type);
  }
}
