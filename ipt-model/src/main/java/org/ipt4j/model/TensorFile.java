package org.ipt4j.model;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The named tensors of an open weight file, of whatever format. Opening has checked that every
 * tensor lies within the file; elements are read only when asked for, straight into the array that
 * receives them. Any number of threads may read. {@link #close} ends the use of the file, not of
 * arrays read from it.
 */
public final class TensorFile implements Closeable {
  private static final int CHUNK = 1 << 18; // elements

  /** A tensor's elements in the order of its shape, the last dimension fastest. */
  private interface Elements {
    /** Fills {@code into} with the elements from the given one on. */
    void copy(long first, ByteBuffer into) throws IOException;
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

  /** The file, as it was given on opening. */
  public Path path() {
    return bytes.file();
  }

  /** The tensors' names, in the file's order. */
  public Set<String> names() {
    return entries.keySet();
  }

  /** The texts that the file carries beside its tensors; empty where the format has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Which of the file's tensors these are, for people; empty if there is no choice. */
  String choice() {
    return choice;
  }

  /**
   * Some of the tensors, of the same open file.
   *
   * @param why is added to {@link #choice}
   */
  TensorFile only(Predicate<String> names, String why) {
    Map<String, TensorEntry> some = new LinkedHashMap<>(entries);
    some.keySet().removeIf(names.negate());
    String all = choice.isEmpty() || why.isEmpty() ? choice + why : choice + "; " + why;
    return new TensorFile(bytes, some, metadata, all);
  }

  /** The type in which the file holds a tensor of {@link #names}. */
  public DataType dataType(String name) {
    return entry(name).type();
  }

  /** A copy of the shape of a tensor of {@link #names}; empty for a scalar. */
  public long[] shape(String name) {
    return entry(name).shape().clone();
  }

  /**
   * A tensor as a new 'c'-ordered array in the file's type, which belongs to no workspace.
   *
   * @throws CorruptWeightsException if the file was cut short since it was opened
   */
  public INDArray read(String name) throws IOException {
    TensorEntry entry = entry(name);
    INDArray array = Nd4j.createUninitializedDetached(entry.type(), entry.shape());
    copy(entry, array, false);
    return array;
  }

  /**
   * Copies a tensor into an array.
   *
   * @param target FLOAT or DOUBLE, of the tensor's shape; it may be a view of any strides
   * @throws CorruptWeightsException if the tensor has another shape than {@code target}, is not of
   *     floating-point numbers, or holds one that is not finite in the target's type; parts of the
   *     target may have been overwritten then
   */
  public void readInto(String name, INDArray target) throws IOException {
    TensorEntry entry = entry(name);
    if (target.dataType() != DataType.FLOAT && target.dataType() != DataType.DOUBLE) {
      throw new IllegalArgumentException(
          name + " can be read into FLOAT or DOUBLE, got " + target.dataType());
    }
    if (!Arrays.equals(entry.shape(), target.shape())) {
      throw bytes.corrupt(
          entry.position(),
          "%s: expected shape %s, got %s",
          name,
          Arrays.toString(target.shape()),
          Arrays.toString(entry.shape()));
    }
    if (!ElementConversion.isFloating(entry.type())) {
      throw bytes.corrupt(
          entry.position(), name + ": expected floating-point numbers, got " + entry.type());
    }
    if (ArrayBytes.isContiguous(target)) {
      copy(entry, target, true);
      return;
    }
    try (INDArray rows = Nd4j.createUninitializedDetached(target.dataType(), target.shape())) {
      copy(entry, rows, true);
      target.assign(rows);
    }
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

  private void copy(TensorEntry entry, INDArray target, boolean finite) throws IOException {
    DataType type = entry.type();
    boolean sameType = type == target.dataType();
    long elements = entry.elements();
    Elements source = source(entry);
    ByteBuffer chunk =
        sameType
            ? null
            : ByteBuffer.allocateDirect((int) Math.min(CHUNK, elements) * type.width())
                .order(ByteOrder.LITTLE_ENDIAN);
    for (long first = 0; first < elements; first += CHUNK) {
      int count = (int) Math.min(CHUNK, elements - first);
      ByteBuffer window = ArrayBytes.window(target, first, count);
      if (sameType) {
        source.copy(first, window);
      } else {
        source.copy(first, chunk.clear().limit(count * type.width()));
        ElementConversion.convert(type, chunk.flip(), target.dataType(), window);
      }
      if (finite) {
        requireFinite(entry, first, sameType ? window : chunk, target.dataType(), window.rewind());
      }
    }
    ArrayBytes.writtenOnHost(target);
  }

  private void requireFinite(
      TensorEntry entry, long first, ByteBuffer source, DataType type, ByteBuffer converted)
      throws CorruptWeightsException {
    int i = ElementConversion.firstNotFinite(type, converted);
    if (i >= 0) {
      throw bytes.corrupt(
          entry.position() + entry.offset(first + i) * entry.type().width(),
          "%s%s: expected a finite %s, got %s",
          entry.name(),
          Arrays.toString(entry.indices(first + i)),
          type == DataType.FLOAT ? "float32" : "float64",
          ElementConversion.get(entry.type(), source.rewind(), i));
    }
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
