package org.ipt4j.weights;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The named tensors of an open weight file, of either format. Opening it has checked that every
 * tensor lies within the file; numbers are read only when asked for. Any number of threads may
 * read. After {@link #close} the file may not be used.
 */
public final class TensorFile implements Closeable {
  private static final int CHUNK = 1 << 14; // elements

  /** A tensor's elements in the order of its shape, the last dimension fastest. */
  private interface Elements {
    /** Fills {@code into} with the elements from {@code first} on. */
    void copy(long first, ByteBuffer into) throws IOException;
  }

  /** What is done with some of a tensor's elements. */
  private interface Chunk {
    void take(long first, ByteBuffer elements) throws IOException;
  }

  private final WeightBytes bytes;
  private final Map<String, TensorEntry> entries;
  private final Map<String, String> metadata;
  private final String choice;

  TensorFile(WeightBytes bytes, Map<String, TensorEntry> entries, Map<String, String> metadata) {
    this(bytes, entries, metadata, "");
  }

  TensorFile(
      WeightBytes bytes,
      Map<String, TensorEntry> entries,
      Map<String, String> metadata,
      String choice) {
    this.bytes = bytes;
    this.entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    this.choice = choice;
  }

  /**
   * Opens safetensors, or a checkpoint as PyTorch's {@code torch.save} writes it; the first bytes
   * tell which. From a checkpoint one dictionary of tensors is taken: an averaged one ({@link
   * WeightNames#isAveraged}) before others, else the first.
   *
   * @throws CorruptWeightsException if it is neither, is damaged, or asks for more than tensors
   */
  public static TensorFile open(Path file) throws IOException {
    return open(file, names -> true);
  }

  /**
   * As {@link #open(Path)}, for a checkpoint that may hold other dictionaries too.
   *
   * @param wanted whether a dictionary is looked for, by its tensors' names; such are taken before
   *     others
   */
  public static TensorFile open(Path file, Predicate<Set<String>> wanted) throws IOException {
    return WeightBytes.open(
        file,
        bytes -> {
          if (SafeTensorsReader.mayBe(bytes)) {
            return SafeTensorsReader.parse(bytes);
          }
          if (PyTorchCheckpoint.mayBe(bytes)) {
            return PyTorchCheckpoint.parse(bytes, wanted);
          }
          throw bytes.corrupt(0, "expected safetensors or a PyTorch checkpoint");
        });
  }

  /** The file, as it was given on opening. */
  public Path path() {
    return bytes.file();
  }

  /** The tensors' names, in the file's order. */
  public Set<String> names() {
    return entries.keySet();
  }

  /** The texts that the file carries beside its tensors; empty if the format has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Says, for people, which of the file's tensors these are; empty if there was no choice. */
  public String choice() {
    return choice;
  }

  /**
   * A selection of the tensors, of the same open file.
   *
   * @param why is added to {@link #choice}
   */
  public TensorFile only(Predicate<String> names, String why) {
    Map<String, TensorEntry> some = new LinkedHashMap<>(entries);
    some.keySet().removeIf(names.negate());
    String all = choice.isEmpty() || why.isEmpty() ? choice + why : choice + "; " + why;
    return new TensorFile(bytes, some, metadata, all);
  }

  /** A copy of the shape of a tensor of {@link #names}; empty for a scalar. */
  public long[] shape(String name) {
    return entry(name).shape().clone();
  }

  /** Whether the numbers of a tensor of {@link #names} are floating-point ones. */
  public boolean isFloating(String name) {
    return entry(name).type().isFloating();
  }

  /**
   * Checks a tensor's shape.
   *
   * @throws CorruptWeightsException if it has another one
   */
  public void requireShape(String name, long... shape) throws CorruptWeightsException {
    TensorEntry entry = entry(name);
    if (!Arrays.equals(entry.shape(), shape)) {
      throw bytes.corrupt(
          entry.position(),
          "%s: expected shape %s, got %s",
          name,
          Arrays.toString(shape),
          Arrays.toString(entry.shape()));
    }
  }

  /**
   * A tensor's numbers, row by row (the last dimension fastest), rounded to float32 if the file
   * holds float64.
   *
   * @throws CorruptWeightsException if the tensor is not of floating-point numbers, holds one that
   *     is not finite as float32, or the file was cut short since it was opened
   */
  public float[] read(String name) throws IOException {
    float[] numbers = new float[count(floating(name))];
    read(name, 0, numbers);
    return numbers;
  }

  /**
   * As {@link #read(String)}, for some of the numbers, into a given array.
   *
   * @param first the index of the first one, from 0
   * @param numbers is filled
   */
  public void read(String name, long first, float[] numbers) throws IOException {
    TensorEntry entry = floating(name);
    if (first < 0 || first > entry.elements() - numbers.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s has %d numbers, asked for %d from %d on",
              name,
              entry.elements(),
              numbers.length,
              first));
    }
    forEachChunk(
        entry,
        first,
        numbers.length,
        (at, elements) -> {
          int from = (int) (at - first);
          int end = from + elements.remaining() / entry.type().width();
          ElementConversion.toFloats(entry.type(), elements, numbers, from);
          for (int i = from; i < end; i++) {
            if (!Float.isFinite(numbers[i])) {
              throw notFinite(entry, first + i, "float32", elements, i - from);
            }
          }
        });
  }

  /**
   * As {@link #read(String)}, as float64.
   *
   * @throws CorruptWeightsException if the tensor is not of floating-point numbers, holds one that
   *     is not finite, or the file was cut short since it was opened
   */
  public double[] readDoubles(String name) throws IOException {
    TensorEntry entry = floating(name);
    double[] numbers = new double[count(entry)];
    forEachChunk(
        entry,
        0,
        numbers.length,
        (at, elements) -> {
          int from = (int) at;
          int end = from + elements.remaining() / entry.type().width();
          ElementConversion.toDoubles(entry.type(), elements, numbers, from);
          for (int i = from; i < end; i++) {
            if (!Double.isFinite(numbers[i])) {
              throw notFinite(entry, i, "float64", elements, i - from);
            }
          }
        });
    return numbers;
  }

  /**
   * A tensor to be written again unchanged, of the file's type; this file must stay open until
   * then.
   */
  public Tensor tensor(String name) {
    TensorEntry entry = entry(name);
    return new Tensor(
        entry.type(),
        entry.shape(),
        sink ->
            forEachChunk(entry, 0, entry.elements(), (first, elements) -> sink.write(elements)));
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }

  private TensorEntry entry(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no tensor " + name + " in " + bytes.file());
    }
    return entry;
  }

  private TensorEntry floating(String name) throws CorruptWeightsException {
    TensorEntry entry = entry(name);
    if (!entry.type().isFloating()) {
      throw bytes.corrupt(
          entry.position(), name + ": expected floating-point numbers, got " + entry.type());
    }
    return entry;
  }

  private int count(TensorEntry entry) throws CorruptWeightsException {
    if (entry.elements() > Integer.MAX_VALUE - 8) { // what Java's arrays take
      throw bytes.corrupt(
          entry.position(), "%s has %d numbers, too many at once", entry.name(), entry.elements());
    }
    return (int) entry.elements();
  }

  private void forEachChunk(TensorEntry entry, long first, long count, Chunk chunk)
      throws IOException {
    Elements source = source(entry);
    int width = entry.type().width();
    ByteBuffer elements =
        ByteBuffer.allocateDirect((int) Math.min(CHUNK, count) * width)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (long at = first; at < first + count; at += CHUNK) {
      source.copy(at, elements.clear().limit((int) Math.min(CHUNK, first + count - at) * width));
      chunk.take(at, elements.flip());
    }
  }

  private CorruptWeightsException notFinite(
      TensorEntry entry, long number, String type, ByteBuffer elements, int index) {
    return bytes.corrupt(
        entry.position() + entry.offset(number) * entry.type().width(),
        "%s%s: expected a finite %s, got %s",
        entry.name(),
        Arrays.toString(entry.indices(number)),
        type,
        ElementConversion.get(entry.type(), elements, index));
  }

  private Elements source(TensorEntry entry) throws IOException {
    int width = entry.type().width();
    if (entry.isContiguous()) {
      return (first, into) -> bytes.read(entry.position() + first * width, into);
    }
    // Elements are picked from memory, which takes all from the first to the last.
    long span = entry.span() * width;
    if (span > Integer.MAX_VALUE) {
      throw bytes.corrupt(
          entry.position(), "%s is spread over %d bytes, too many", entry.name(), span);
    }
    StridedElements strided =
        new StridedElements(
            bytes.read(entry.position(), (int) span), width, entry.shape(), entry.strides());
    return strided::copy;
  }
}
