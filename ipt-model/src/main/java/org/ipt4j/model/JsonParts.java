package org.ipt4j.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The parts of a JSON object, each taken by its name. Every error is an IllegalArgumentException
 * that says where, what was expected and what came.
 */
final class JsonParts {
  private static final int LONGEST_QUOTE = 200;

  private final String place; // before its parts' names
  private final ObjectNode left;

  private JsonParts(String place, ObjectNode left) {
    this.place = place;
    this.left = left;
  }

  /**
   * The parts of {@code node}.
   *
   * @param place its name in messages; empty for the whole
   */
  static JsonParts of(String place, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw wrong(place.isEmpty() ? "the description" : place, "parts with names", node);
    }
    return new JsonParts(place.isEmpty() ? "" : place + ".", object);
  }

  int whole(String name) {
    return whole(name, present(name));
  }

  /** An integer that may be missing. */
  int whole(String name, int otherwise) {
    return left.has(name) ? whole(name) : otherwise;
  }

  private int whole(String name, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(place + name, "a whole number of at most " + Integer.MAX_VALUE, node);
    }
    return node.intValue();
  }

  double number(String name) {
    JsonNode node = present(name);
    if (!node.isNumber()) {
      throw wrong(place + name, "a number", node);
    }
    return node.doubleValue();
  }

  boolean flag(String name) {
    JsonNode node = present(name);
    if (!node.isBoolean()) {
      throw wrong(place + name, "true or false", node);
    }
    return node.booleanValue();
  }

  String text(String name) {
    JsonNode node = present(name);
    if (!node.isTextual()) {
      throw wrong(place + name, "a text", node);
    }
    return node.textValue();
  }

  /** A text that may be missing. */
  String text(String name, String otherwise) {
    return left.has(name) ? text(name) : otherwise;
  }

  <E extends Enum<E>> E oneOf(String name, Class<E> type) {
    JsonNode node = present(name);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(node.textValue())) {
        return constant;
      }
    }
    throw wrong(place + name, "one of " + Arrays.toString(type.getEnumConstants()), node);
  }

  JsonParts parts(String name) {
    return of(place + name, present(name));
  }

  List<JsonParts> list(String name) {
    JsonNode node = present(name);
    if (!node.isArray()) {
      throw wrong(place + name, "a list", node);
    }
    List<JsonParts> all = new ArrayList<>();
    for (JsonNode element : node) {
      all.add(of(place + name + "[" + all.size() + "]", element));
    }
    return all;
  }

  /** Called when all known parts were taken; refuses any other. */
  void end() {
    if (!left.isEmpty()) {
      throw new IllegalArgumentException(
          place + left.fieldNames().next() + " is a part that this library does not know");
    }
  }

  private JsonNode present(String name) {
    JsonNode node = left.remove(name);
    if (node == null) {
      throw new IllegalArgumentException(place + name + " is missing");
    }
    return node;
  }

  private static IllegalArgumentException wrong(String place, String expected, JsonNode node) {
    String quote = node.toString();
    return new IllegalArgumentException(
        place
            + ": expected "
            + expected
            + ", got "
            + quote.substring(0, Math.min(quote.length(), LONGEST_QUOTE)));
  }
}
