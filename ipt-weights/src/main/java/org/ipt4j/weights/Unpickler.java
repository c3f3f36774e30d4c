package org.ipt4j.weights;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the pickles that PyTorch writes for tensors, and nothing else. A pickle is a program for a
 * stack machine; it is dangerous because it may call anything by name. This machine knows the names
 * in {@link #NAMES}, refuses all others, and calls nothing: it builds values of the types below.
 *
 * <table>
 * <caption>values</caption>
 * <tr><th>Python</th><th>here</th></tr>
 * <tr><td>None, bool, float, str</td><td>null, Boolean, Double, String</td></tr>
 * <tr><td>int</td><td>Long, or BigInteger where that is too small</td></tr>
 * <tr><td>tuple, list</td><td>List</td></tr>
 * <tr><td>dict, OrderedDict</td><td>Map in insertion order; keys are never containers</td></tr>
 * <tr><td>tensor, parameter</td><td>{@link PickledTensor}</td></tr>
 * <tr><td>storage</td><td>{@link PickledStorage}</td></tr>
 * </table>
 *
 * <p>This is not a library because the one for Java, net.razorvine:pickle 1.5, makes an object of
 * any name, resolves names in a table that the whole process shares, calls methods by reflection,
 * and makes room for whatever length a file claims. Here values cannot outgrow {@value
 * #MAX_OPERATIONS} operations and {@value #MAX_BYTES} bytes, also if one is used many times,
 * nothing recurses, and every error names its place in the file.
 */
final class Unpickler {
  private static final int MAX_OPERATIONS = 1 << 18;
  private static final int MAX_BYTES = 1 << 24;

  private enum Builder {
    ORDERED_DICT,
    TENSOR,
    PARAMETER
  }

  /** All names that a pickle may use; a storage's class stands for its element type. */
  private static final Map<String, Object> NAMES =
      Map.ofEntries(
          Map.entry("collections.OrderedDict", Builder.ORDERED_DICT),
          Map.entry("torch._utils._rebuild_tensor_v2", Builder.TENSOR),
          Map.entry("torch._utils._rebuild_parameter", Builder.PARAMETER),
          Map.entry("torch.DoubleStorage", ElementType.DOUBLE),
          Map.entry("torch.FloatStorage", ElementType.FLOAT),
          Map.entry("torch.HalfStorage", ElementType.HALF),
          Map.entry("torch.BFloat16Storage", ElementType.BFLOAT16),
          Map.entry("torch.LongStorage", ElementType.LONG),
          Map.entry("torch.IntStorage", ElementType.INT),
          Map.entry("torch.ShortStorage", ElementType.SHORT),
          Map.entry("torch.CharStorage", ElementType.BYTE),
          Map.entry("torch.ByteStorage", ElementType.UBYTE),
          Map.entry("torch.BoolStorage", ElementType.BOOL));

  private final PickleInput input;
  private final List<Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>(); // sizes of the stack
  private final Map<Integer, Object> memo = new HashMap<>();

  private final Map<String, PickledStorage> storages;
  private int copied; // pairs, into dictionaries

  private Unpickler(PickleInput input, Map<String, PickledStorage> storages) {
    this.input = input;
    this.storages = storages;
  }

  /**
   * Reads the pickle at which {@code input} stands, and leaves {@code input} after it.
   *
   * @param storages receives, by key, every storage that is mentioned
   */
  static Object load(PickleInput input, Map<String, PickledStorage> storages) throws IOException {
    return new Unpickler(input, storages).load();
  }

  private Object load() throws IOException {
    long start = input.position();
    for (int operations = 0; operations < MAX_OPERATIONS; operations++) {
      if (input.position() - start > MAX_BYTES) {
        throw input.corrupt("a pickle of more than " + MAX_BYTES + " bytes");
      }
      try {
        int operation = input.readUnsignedByte();
        if (operation == '.') { // STOP
          return pop();
        }
        execute(operation);
      } catch (IllegalArgumentException | ArithmeticException problem) {
        throw input.corrupt("pickle: " + problem.getMessage());
      }
    }
    throw input.corrupt("a pickle of more than " + MAX_OPERATIONS + " operations");
  }

  /** The operations that pickles of protocols 2 to 5 use for the values above. */
  private void execute(int operation) throws IOException {
    switch (operation) {
      case 0x80 -> input.readByte(); // PROTO: unknown operations are refused in any case
      case 0x95 -> input.readLong(); // FRAME

      case 'N' -> push(null); // NONE
      case 0x88 -> push(true); // NEWTRUE
      case 0x89 -> push(false); // NEWFALSE
      case 'J' -> push((long) input.readInt()); // BININT
      case 'K' -> push((long) input.readUnsignedByte()); // BININT1
      case 'M' -> push((long) input.readUnsignedShort()); // BININT2
      case 0x8a -> push(integer(input.read(input.readUnsignedByte()))); // LONG1
      case 'G' -> // BINFLOAT
          push(Double.longBitsToDouble(Long.reverseBytes(input.readLong())));

      case 'X' -> pushText(input.readInt() & 0xffffffffL, StandardCharsets.UTF_8); // BINUNICODE
      case 0x8c -> pushText(input.readUnsignedByte(), StandardCharsets.UTF_8); // SHORT_BINUNICODE
      case 0x8d -> pushText(input.readLong(), StandardCharsets.UTF_8); // BINUNICODE8
      // strings as Python 2 wrote them
      case 'T' -> pushText(input.readInt(), StandardCharsets.ISO_8859_1); // BINSTRING
      case 'U' -> // SHORT_BINSTRING
          pushText(input.readUnsignedByte(), StandardCharsets.ISO_8859_1);

      case '(' -> marks.push(stack.size()); // MARK
      case ')' -> push(List.of()); // EMPTY_TUPLE
      case 't' -> push(popToMark()); // TUPLE
      case 0x85 -> push(popLast(1)); // TUPLE1
      case 0x86 -> push(popLast(2)); // TUPLE2
      case 0x87 -> push(popLast(3)); // TUPLE3
      case ']' -> push(new ArrayList<>()); // EMPTY_LIST
      case 'a' -> append(popLast(1)); // APPEND
      case 'e' -> append(popToMark()); // APPENDS
      case '}' -> push(new LinkedHashMap<>()); // EMPTY_DICT
      case 's' -> setItems(popLast(2)); // SETITEM
      case 'u' -> setItems(popToMark()); // SETITEMS

      case 'q' -> memo.put(input.readUnsignedByte(), top()); // BINPUT
      case 'r' -> memo.put(input.readInt(), top()); // LONG_BINPUT
      case 0x94 -> memo.put(memo.size(), top()); // MEMOIZE
      case 'h' -> push(remembered(input.readUnsignedByte())); // BINGET
      case 'j' -> push(remembered(input.readInt())); // LONG_BINGET

      case 'c' -> push(named(line(), line())); // GLOBAL
      case 0x93 -> { // STACK_GLOBAL
        String name = pop(String.class);
        push(named(pop(String.class), name));
      }
      case 'R' -> { // REDUCE
        List<?> arguments = pop(List.class);
        push(build(pop(Builder.class), arguments));
      }
      case 'b' -> { // BUILD: attributes of an OrderedDict, such as a state_dict's _metadata
        pop();
        top(Map.class);
      }
      case 'Q' -> push(mention(storage(pop(List.class)))); // BINPERSID
      default ->
          throw new IllegalArgumentException(
              "expected an operation of tensors, lists, dictionaries, numbers and texts, got 0x"
                  + Integer.toHexString(operation));
    }
  }

  private Object build(Builder builder, List<?> arguments) {
    return switch (builder) {
      case ORDERED_DICT -> orderedDict(arguments);
      case TENSOR -> tensor(arguments);
      // data, requires_grad, backward_hooks
      case PARAMETER -> argument(arguments, 0, PickledTensor.class);
    };
  }

  /** Without arguments, or with a list of pairs, as Python 2 wrote it. */
  private Map<Object, Object> orderedDict(List<?> arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      List<?> pairs = argument(arguments, 0, List.class);
      // one list may be asked for again and again
      copied += pairs.size();
      if (copied > MAX_OPERATIONS) {
        throw new IllegalArgumentException("more than " + MAX_OPERATIONS + " pairs");
      }
      for (Object pair : pairs) {
        if (!(pair instanceof List<?> both) || both.size() != 2) {
          throw new IllegalArgumentException("expected pairs for an OrderedDict");
        }
        put(map, both.get(0), both.get(1));
      }
    }
    return map;
  }

  /** storage, offset, sizes, strides, requires_grad, backward_hooks. */
  private static PickledTensor tensor(List<?> arguments) {
    if (arguments.size() != 6) { // a seventh means flags that change the values' meaning
      throw new IllegalArgumentException(
          "expected 6 arguments of _rebuild_tensor_v2, got " + arguments.size());
    }
    return new PickledTensor(
        argument(arguments, 0, PickledStorage.class),
        argument(arguments, 1, Long.class),
        longs(argument(arguments, 2, List.class)),
        longs(argument(arguments, 3, List.class)));
  }

  /** 'storage', class, key, device, elements; in the older format also a view or None. */
  private static PickledStorage storage(List<?> id) {
    if (id.size() < 5 || id.size() > 6 || !"storage".equals(id.get(0))) {
      throw new IllegalArgumentException("expected the persistent id of a storage");
    }
    ElementType type = argument(id, 1, ElementType.class);
    String key = argument(id, 2, String.class);
    long elements = argument(id, 4, Long.class);
    if (id.size() == 5 || id.get(5) == null) {
      return new PickledStorage(key, type, elements, 0, elements);
    }
    List<?> view = argument(id, 5, List.class); // its key, offset, size
    return new PickledStorage(
        key, type, elements, argument(view, 1, Long.class), argument(view, 2, Long.class));
  }

  private PickledStorage mention(PickledStorage storage) {
    PickledStorage before = storages.putIfAbsent(storage.key(), storage);
    if (before != null
        && (before.type() != storage.type() || before.elements() != storage.elements())) {
      throw new IllegalArgumentException("storage " + storage.key() + " is of two kinds");
    }
    return storage;
  }

  private static <T> T argument(List<?> arguments, int index, Class<T> type) {
    if (index >= arguments.size()) {
      throw new IllegalArgumentException(
          "expected more than " + index + " arguments, got " + arguments.size());
    }
    return as(type, arguments.get(index));
  }

  /** Sizes or strides. */
  private static long[] longs(List<?> values) {
    if (values.size() > TensorEntry.MAX_RANK) {
      throw new IllegalArgumentException(
          "expected at most " + TensorEntry.MAX_RANK + " dimensions, got " + values.size());
    }
    return values.stream().mapToLong(value -> as(Long.class, value)).toArray();
  }

  private Object named(String module, String name) {
    Object value = NAMES.get(module + "." + name);
    if (value == null) {
      throw new IllegalArgumentException(
          "asks for "
              + module
              + "."
              + name
              + ", which is not needed for tensors: refused. If you trust the file, Python saves its"
              + " weights alone: torch.save(torch.load('FILE', map_location='cpu',"
              + " weights_only=False)['state_dict'], 'weights.pt'), or whatever key they have; those"
              + " of a whole model: torch.save(model.state_dict(), 'weights.pt')");
    }
    return value;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = input.readUnsignedByte(); c != '\n'; c = input.readUnsignedByte()) {
      if (line.length() == 256) {
        throw new IllegalArgumentException("a name of more than 256 bytes");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private void pushText(long length, Charset charset) throws IOException {
    if (length < 0 || length > MAX_BYTES) {
      throw new IllegalArgumentException("a text of " + Long.toUnsignedString(length) + " bytes");
    }
    try {
      push(charset.newDecoder().decode(ByteBuffer.wrap(input.read(length))).toString());
    } catch (CharacterCodingException malformed) {
      throw new IllegalArgumentException("a text that is not UTF-8", malformed);
    }
  }

  private static Number integer(byte[] littleEndian) {
    byte[] bigEndian = new byte[littleEndian.length + 1];
    for (int i = 0; i < littleEndian.length; i++) {
      bigEndian[littleEndian.length - i] = littleEndian[i];
    }
    // the sign
    bigEndian[0] = (byte) (littleEndian.length == 0 ? 0 : bigEndian[1] >> 7);
    BigInteger value = new BigInteger(bigEndian);
    return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
  }

  private Object remembered(int index) {
    if (!memo.containsKey(index)) {
      throw new IllegalArgumentException("nothing remembered as " + index);
    }
    return memo.get(index);
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> values) {
    top(ArrayList.class).addAll(values);
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<Object> keysAndValues) {
    Map<Object, Object> map = top(Map.class);
    if (keysAndValues.size() % 2 != 0) {
      throw new IllegalArgumentException("a key without a value");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      put(map, keysAndValues.get(i), keysAndValues.get(i + 1));
    }
  }

  /** Refuses containers as keys: they would be hashed, which fails for one that contains itself. */
  private static void put(Map<Object, Object> map, Object key, Object value) {
    if (key != null
        && !(key instanceof String || key instanceof Number || key instanceof Boolean)) {
      throw new IllegalArgumentException("a dictionary's key is a " + typeName(key));
    }
    map.put(key, value);
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object pop() {
    Object top = top();
    stack.remove(stack.size() - 1);
    return top;
  }

  private <T> T pop(Class<T> type) {
    return as(type, pop());
  }

  private Object top() {
    if (stack.size() == bottom()) {
      throw new IllegalArgumentException("nothing on the stack");
    }
    return stack.get(stack.size() - 1);
  }

  private <T> T top(Class<T> type) {
    return as(type, top());
  }

  private List<Object> popToMark() {
    if (marks.isEmpty()) {
      throw new IllegalArgumentException("no mark on the stack");
    }
    return cut(marks.pop());
  }

  private List<Object> popLast(int count) {
    if (stack.size() - bottom() < count) {
      throw new IllegalArgumentException(
          "expected " + count + " values on the stack, got " + (stack.size() - bottom()));
    }
    return cut(stack.size() - count);
  }

  /** Not an ArrayList, so that nothing is ever appended to a tuple. */
  private List<Object> cut(int from) {
    List<Object> top = stack.subList(from, stack.size());
    List<Object> values = Collections.unmodifiableList(new ArrayList<>(top));
    top.clear();
    return values;
  }

  private int bottom() {
    return marks.isEmpty() ? 0 : marks.peek();
  }

  private static <T> T as(Class<T> type, Object value) {
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          "expected a " + type.getSimpleName() + ", got a " + typeName(value));
    }
    return type.cast(value);
  }

  private static String typeName(Object value) {
    return value == null ? "None" : value.getClass().getSimpleName();
  }
}
