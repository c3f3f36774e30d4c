package org.ipt4j.data;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.ipt4j.core.AtomicFiles;

/** Image files. */
public final class ImageFiles {
  private static final float JPEG_QUALITY = 0.95f;

  private ImageFiles() {}

  /** Whether a file's name is that of an image we read; hidden files are not. */
  public static boolean isImage(Path file) {
    return ImageFolder.isImage(file.getFileName().toString());
  }

  /** Reads a file. */
  public static Image read(Path file) throws UnreadableImageException {
    File asFile = file.toFile();
    if (!asFile.isFile()) {
      throw new UnreadableImageException(file.toString(), "no such file");
    }
    try (ImageInputStream stream = new FileImageInputStream(asFile)) {
      return read(stream, file.toString());
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException e) {
      throw new UnreadableImageException(file.toString(), reason(e), e);
    }
  }

  static Image read(ImageInputStream stream, String name) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
    if (!readers.hasNext()) {
      throw new UnreadableImageException(name, "not an image of a known format");
    }
    ImageReader reader = readers.next();
    try {
      reader.setInput(stream, true, true);
      return Rasters.image(reader.read(0));
    } catch (RuntimeException e) {
      throw new UnreadableImageException(name, reason(e), e);
    } finally {
      reader.dispose();
    }
  }

  private static String reason(Exception e) {
    return e.getMessage() == null || e.getMessage().isBlank()
        ? "damaged (" + e.getClass().getSimpleName() + ")"
        : e.getMessage();
  }

  /**
   * Writes the {@linkplain Image#quantised() quantised} image, as PNG or, where the name ends so,
   * as JPEG (quality 95); the file is complete or absent. Missing parent folders are made.
   */
  public static void write(Image image, Path file) throws IOException {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    boolean jpeg = name.endsWith(".jpg") || name.endsWith(".jpeg");
    if (!jpeg && !name.endsWith(".png")) {
      throw new IllegalArgumentException(
          "images are written as .png, .jpg or .jpeg, got " + file.getFileName());
    }
    BufferedImage buffered = Rasters.buffered(image);
    AtomicFiles.write(
        file,
        channel -> {
          try (var stream = new MemoryCacheImageOutputStream(Channels.newOutputStream(channel))) {
            if (jpeg) {
              writeJpeg(buffered, JPEG_QUALITY, stream);
            } else {
              ImageIO.write(buffered, "png", stream);
            }
          }
        });
  }

  static void writeJpeg(BufferedImage image, float quality, MemoryCacheImageOutputStream stream)
      throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try {
      writer.setOutput(stream);
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(quality);
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
  }
}
