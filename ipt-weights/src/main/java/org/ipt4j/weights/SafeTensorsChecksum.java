package org.ipt4j.weights;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** The checksum of files written here, and its place in a file. */
final class SafeTensorsChecksum {
  /** Its key, the first of the metadata. */
  static final String KEY = "ipt4j.crc32c";

  /** What stands in its place while it is computed. */
  static final String NO_DIGITS = "00000000";

  private static final byte[] BEFORE_DIGITS =
      ("{\"" + SafeTensors.METADATA + "\":{\"" + KEY + "\": \"")
          .getBytes(StandardCharsets.US_ASCII);

  /** The place of its digits in the file. */
  static final int POSITION = SafeTensors.LENGTH_BYTES + BEFORE_DIGITS.length;

  private SafeTensorsChecksum() {}

  /** Verifies the checksum, if the header has one in the place where it is written here. */
  static void verify(WeightBytes bytes, byte[] header) throws IOException {
    int digits = BEFORE_DIGITS.length;
    int afterDigits = digits + NO_DIGITS.length();
    if (header.length <= afterDigits
        || !Arrays.equals(header, 0, digits, BEFORE_DIGITS, 0, digits)) {
      return;
    }
    String expected = new String(header, digits, NO_DIGITS.length(), StandardCharsets.ISO_8859_1);
    CRC32C checksum = new CRC32C();
    bytes.checksum(0, SafeTensors.LENGTH_BYTES + digits, checksum);
    checksum.update(NO_DIGITS.getBytes(StandardCharsets.US_ASCII));
    int rest = SafeTensors.LENGTH_BYTES + afterDigits;
    bytes.checksum(rest, bytes.size() - rest, checksum);
    String actual = hex(checksum);
    if (!actual.equals(expected)) {
      throw bytes.corrupt(
          SafeTensors.LENGTH_BYTES + digits,
          "the file is damaged: expected checksum %s, got %s",
          expected,
          actual);
    }
  }

  static String hex(CRC32C checksum) {
    return HexFormat.of().toHexDigits((int) checksum.getValue());
  }
}
