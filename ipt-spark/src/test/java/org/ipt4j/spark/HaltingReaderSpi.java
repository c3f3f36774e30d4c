package org.ipt4j.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;

/**
 * Ends the process that looks at a file which begins with HALT, as a fault in native code would.
 */
public final class HaltingReaderSpi extends ImageReaderSpi {
  static final String HALT = "HALT";

  @Override
  public boolean canDecodeInput(Object source) throws IOException {
    if (source instanceof ImageInputStream stream) {
      byte[] head = new byte[HALT.length()];
      stream.mark();
      int length = stream.read(head);
      stream.reset();
      if (length == head.length && new String(head, StandardCharsets.US_ASCII).equals(HALT)) {
        Runtime.getRuntime().halt(139);
      }
    }
    return false;
  }

  @Override
  public ImageReader createReaderInstance(Object extension) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String getDescription(Locale locale) {
    return "none";
  }
}
