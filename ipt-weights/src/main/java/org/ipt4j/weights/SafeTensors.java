package org.ipt4j.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * The safetensors format: eight bytes of header length, a JSON header, the tensors' bytes; all
 * little-endian. Reading holds a file to the format's rules as the reference library does, and is
 * stricter in three points: duplicate and unknown keys are refused, and so are more than {@value
 * SafeTensorsHeader#MAX_TENSORS} tensors.
 *
 * <p>Files written here carry a checksum, the CRC-32C of the whole file with the checksum's own
 * eight digits taken as zeros. It stands first in the metadata, after a space that other writers do
 * not make there: a file that another program has written again keeps the key, but is no longer
 * held to it. It finds damage, not forgery.
 */
public final class SafeTensors {
  /** The bytes of the header's length, before the header. */
  static final int LENGTH_BYTES = 8;

  /** The reference library's limit. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  /** The header's one key that is not a tensor's name. */
  static final String METADATA = "__metadata__";

  private SafeTensors() {}

  /**
   * Opens a file and checks everything that can be known without the elements, and the checksum of
   * files that carry one.
   *
   * @throws CorruptWeightsException if the file breaks the format's rules or its checksum
   */
  public static TensorFile open(Path file) throws IOException {
    return WeightBytes.open(file, SafeTensorsReader::parse);
  }

  /**
   * As {@link #open(Path)}, of bytes that are no file's, for instance of a resource in a jar; they
   * are held in memory.
   *
   * @param in read to its end, not closed
   * @param name what to call it in messages
   */
  public static TensorFile read(InputStream in, String name) throws IOException {
    return WeightBytes.of(in, Path.of(name), SafeTensorsReader::parse);
  }

  /**
   * Writes tensors, complete or not at all.
   *
   * @param metadata texts to keep beside the tensors, for {@link TensorFile#metadata}
   * @param tensors listed in the file in this map's order; each is asked for its numbers once
   * @throws IllegalArgumentException if a name or key is the format's or the checksum's own
   */
  public static void write(Path file, Map<String, String> metadata, Map<String, Tensor> tensors)
      throws IOException {
    SafeTensorsWriter.write(file, metadata, tensors);
  }
}
