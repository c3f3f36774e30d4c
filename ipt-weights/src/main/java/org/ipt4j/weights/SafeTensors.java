package org.ipt4j.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * The safetensors format: eight bytes of header length, a JSON header, the tensors' bytes; all
 * little-endian. Reading checks the format's rules as the reference library does, and is stricter
 * in three points: it refuses duplicate keys, unknown keys, and more than {@value
 * SafeTensorsHeader#MAX_TENSORS} tensors.
 *
 * <p>Files written here carry a checksum: the CRC-32C of the whole file, computed with its own
 * eight digits as zeros. It stands first in the metadata, after a space that other writers do not
 * put there. If another program writes the file again, the key stays but is no longer checked. It
 * finds damage, not forgery.
 */
public final class SafeTensors {
  /** The metadata key of a file's checksum. Do not pass it to {@link #write}. */
  public static final String CHECKSUM = SafeTensorsChecksum.KEY;

  /** The number of bytes of the header length, before the header. */
  static final int LENGTH_BYTES = 8;

  /** The reference library's limit on the header. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  /** The one key of the header that is not a tensor's name. */
  static final String METADATA = "__metadata__";

  private SafeTensors() {}

  /**
   * Opens a file. Checks everything that can be known without the elements, and the checksum if the
   * file has one.
   *
   * @throws CorruptWeightsException if the file breaks the format's rules or its checksum is wrong
   */
  public static TensorFile open(Path file) throws IOException {
    return WeightBytes.open(file, SafeTensorsReader::parse);
  }

  /**
   * As {@link #open(Path)}, from a stream, for instance of a resource in a jar; the bytes are held
   * in memory.
   *
   * @param in read to its end, not closed
   * @param name the name to use in messages
   */
  public static TensorFile read(InputStream in, String name) throws IOException {
    return WeightBytes.of(in, Path.of(name), SafeTensorsReader::parse);
  }

  /**
   * Writes a file of tensors, complete or not at all.
   *
   * @param metadata texts to keep beside the tensors, for {@link TensorFile#metadata}
   * @param tensors listed in the file in this map's order; each is asked for its numbers once
   * @throws IllegalArgumentException if a name or key is reserved for the format or the checksum
   */
  public static void write(Path file, Map<String, String> metadata, Map<String, Tensor> tensors)
      throws IOException {
    SafeTensorsWriter.write(file, metadata, tensors);
  }
}
