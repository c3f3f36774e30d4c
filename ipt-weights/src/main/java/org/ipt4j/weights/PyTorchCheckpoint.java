package org.ipt4j.weights;

import java.io.IOException;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.ipt4j.weights.ZipDirectory.Entry;

/**
 * Checkpoints as PyTorch's {@code torch.save} writes them: zip archives, and the older form before
 * PyTorch 1.6, a sequence of pickles and raw numbers. Reads dictionaries of tensors, also wrapped
 * in other dictionaries ({@link NestedTensors}). Nothing in the file is executed; a file that asks
 * for more than tensors, numbers and texts is refused. Whole models ({@code torch.save(model)}) are
 * refused for that reason: save their {@code state_dict()}.
 */
final class PyTorchCheckpoint {
  private static final int ZIP = 0x04034b50;
  private static final byte PICKLE = (byte) 0x80;
  private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long LEGACY_VERSION = 1001;

  /** How many times the file's size the tensors may take together; they may share storages. */
  private static final int MAX_SHARING = 4;

  /**
   * Gives the place in the file of a storage's first element, after checking that the storage is
   * complete.
   */
  private interface Storages {
    long position(PickledStorage storage) throws IOException;
  }

  private PyTorchCheckpoint() {}

  /**
   * Reads a file that {@link #mayBe} a checkpoint, of either form. Checks everything except the
   * elements of the older form, which has no checksums.
   *
   * @param wanted whether a dictionary is looked for, by its tensors' names
   * @throws CorruptWeightsException if the file is damaged, or holds or asks for anything else
   */
  static TensorFile parse(WeightBytes bytes, Predicate<Set<String>> wanted) throws IOException {
    return isZip(bytes) ? openZip(bytes, wanted) : openLegacy(bytes, wanted);
  }

  /** Whether a file begins as a checkpoint does. */
  static boolean mayBe(WeightBytes bytes) throws IOException {
    return isZip(bytes) || isPickle(bytes);
  }

  private static boolean isZip(WeightBytes bytes) throws IOException {
    return bytes.size() >= Integer.BYTES && bytes.read(0, Integer.BYTES).getInt() == ZIP;
  }

  private static boolean isPickle(WeightBytes bytes) throws IOException {
    return bytes.size() > 0 && bytes.read(0, 1).get() == PICKLE;
  }

  private static TensorFile openZip(WeightBytes bytes, Predicate<Set<String>> wanted)
      throws IOException {
    Map<String, Entry> records = ZipDirectory.read(bytes);
    List<Entry> pickles =
        records.values().stream().filter(e -> e.name().endsWith("/data.pkl")).toList();
    if (pickles.size() != 1) {
      throw bytes.corrupt(
          0, "expected one data.pkl in a PyTorch checkpoint, got %d", pickles.size());
    }
    Entry pickle = pickles.get(0);
    String folder = pickle.name().substring(0, pickle.name().length() - "data.pkl".length());
    checkByteOrder(bytes, records.get(folder + "byteorder"));
    ZipDirectory.verify(bytes, pickle);
    long end = pickle.position() + pickle.size();
    Object root = Unpickler.load(new PickleInput(bytes, pickle.position(), end), new HashMap<>());
    Set<String> verified = new HashSet<>();
    return tensorFile(
        bytes,
        pickle.position(),
        NestedTensors.in(root, wanted),
        storage -> {
          Entry record = records.get(folder + "data/" + storage.key());
          if (record == null || record.size() != storage.byteLength()) {
            throw bytes.corrupt(
                record == null ? pickle.position() : record.position(),
                "expected a record data/%s of %d bytes, got %s",
                storage.key(),
                storage.byteLength(),
                record == null ? "none" : record.size());
          }
          if (verified.add(storage.key())) {
            ZipDirectory.verify(bytes, record);
          }
          return record.position();
        });
  }

  private static void checkByteOrder(WeightBytes bytes, Entry record) throws IOException {
    if (record != null && (record.size() != 6 || bytes.read(record.position(), 1).get() != 'l')) {
      throw bytes.corrupt(record.position(), "expected numbers in the byte order 'little'");
    }
  }

  /**
   * Reads five pickles (magic number, version, system, the object, the keys of its storages), then
   * the storages.
   */
  private static TensorFile openLegacy(WeightBytes bytes, Predicate<Set<String>> wanted)
      throws IOException {
    PickleInput input = new PickleInput(bytes, 0, bytes.size());
    Map<String, PickledStorage> storages = new HashMap<>();
    if (!LEGACY_MAGIC.equals(Unpickler.load(input, storages))) {
      throw bytes.corrupt(0, "a pickle, but not a PyTorch checkpoint");
    }
    if (!Long.valueOf(LEGACY_VERSION).equals(Unpickler.load(input, storages))) {
      throw input.corrupt("expected version " + LEGACY_VERSION + " of PyTorch's older format");
    }
    if (!(Unpickler.load(input, storages) instanceof Map<?, ?> system)
        || !Boolean.TRUE.equals(system.get("little_endian"))) {
      throw input.corrupt("expected numbers in little-endian byte order");
    }
    long place = input.position();
    Object root = Unpickler.load(input, storages);
    if (!(Unpickler.load(input, storages) instanceof List<?> keys)) {
      throw input.corrupt("expected the list of storages");
    }
    Map<String, Long> positions = legacyPositions(bytes, input.position(), storages, keys);
    return tensorFile(
        bytes,
        place,
        NestedTensors.in(root, wanted),
        storage -> {
          Long position = positions.get(storage.key());
          if (position == null) {
            throw bytes.corrupt(place, "storage " + storage.key() + " is missing");
          }
          return position;
        });
  }

  /** Each storage is a count of elements and the elements; the last one ends the file. */
  private static Map<String, Long> legacyPositions(
      WeightBytes bytes, long start, Map<String, PickledStorage> storages, List<?> keys)
      throws IOException {
    Map<String, Long> positions = new HashMap<>();
    long position = start;
    for (Object key : keys) {
      PickledStorage storage = key instanceof String name ? storages.get(name) : null;
      if (storage == null) {
        throw bytes.corrupt(position, "a storage of which no tensor speaks");
      }
      if (bytes.size() - position < Long.BYTES) {
        throw bytes.corrupt(position, "the file ends before storage " + storage.key());
      }
      long elements = bytes.read(position, Long.BYTES).getLong();
      position += Long.BYTES;
      if (elements != storage.elements() || storage.byteLength() > bytes.size() - position) {
        throw bytes.corrupt(
            position,
            "expected %d elements of %s in storage %s, got %d in %d bytes",
            storage.elements(),
            storage.type(),
            storage.key(),
            elements,
            bytes.size() - position);
      }
      if (positions.put(storage.key(), position) != null) {
        throw bytes.corrupt(position, "storage " + storage.key() + " comes twice");
      }
      position += storage.byteLength();
    }
    if (position != bytes.size()) {
      throw bytes.corrupt(position, "%d bytes after the last storage", bytes.size() - position);
    }
    return positions;
  }

  private static TensorFile tensorFile(
      WeightBytes bytes, long place, NestedTensors found, Storages storages) throws IOException {
    if (found.isEmpty()) {
      throw bytes.corrupt(place, "expected a dictionary of tensors, got none");
    }
    Map<String, TensorEntry> entries = new LinkedHashMap<>();
    long total = 0;
    for (Map.Entry<String, PickledTensor> named : found.taken().tensors().entrySet()) {
      PickledTensor tensor = named.getValue();
      PickledStorage storage = tensor.storage();
      ElementType type = storage.type();
      long position =
          storages.position(storage) + (storage.first() + tensor.offset()) * type.width();
      TensorEntry entry =
          new TensorEntry(named.getKey(), type, tensor.shape(), tensor.strides(), position);
      entries.put(entry.name(), entry);
      total += entry.elements() * type.width();
      if (total > MAX_SHARING * bytes.size()) { // before it can overflow: each fits the file
        throw bytes.corrupt(
            place, "tensors that share storages take more than %d files", MAX_SHARING);
      }
    }
    return new TensorFile(bytes, entries, Map.of(), found.choice());
  }
}
