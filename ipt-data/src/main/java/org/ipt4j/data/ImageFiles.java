package org.ipt4j.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.ipt4j.core.AtomicFiles;

/**
 * Image files: PNG, JPEG, BMP, TIFF, WebP and GIF, whatever their names say.
 *
 * <p>Values are taken as they are stored: gray becomes three equal channels, a palette its colours;
 * 16 bits keep their fractions of 1/257; CMYK is converted; transparency is dropped and colour
 * profiles are not applied, as in MATLAB's {@code imread} and Pillow's {@code convert("RGB")}. The
 * orientation that JPEG and TIFF note is honoured. Of several images in a GIF or TIFF the first is
 * read; an animated PNG or WebP is refused.
 */
public final class ImageFiles {
  private static final Set<String> FORMATS =
      Set.of("png", "jpeg", "bmp", "tif", "tiff", "webp", "gif");
  private static final Set<String> EXTENSIONS =
      Set.of("png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "gif");

  /** What Java's JPEG reader only warns of, giving gray where data is missing. */
  private static final Pattern LOSS = Pattern.compile("Truncated|premature end");

  private static final float JPEG_QUALITY = 0.95f;

  private ImageFiles() {}

  /** Whether a file's name is that of an image we read; hidden files are not. */
  public static boolean isImage(Path file) {
    return isImage(file.getFileName().toString());
  }

  /** Reads a file of up to {@link Limits#DEFAULT} pixels. */
  public static Image read(Path file) throws UnreadableImageException {
    return read(file, Limits.DEFAULT);
  }

  /** Reads a file. */
  public static Image read(Path file, Limits limits) throws UnreadableImageException {
    File asFile = file.toFile();
    if (!asFile.isFile()) {
      throw new UnreadableImageException(file.toString(), "no such file");
    }
    try (ImageInputStream stream = new FileImageInputStream(asFile)) {
      return read(stream, file.toString(), limits);
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException e) {
      throw new UnreadableImageException(file.toString(), e);
    }
  }

  static Image read(ImageInputStream source, String name, Limits limits)
      throws UnreadableImageException {
    ImageInputStream stream = new PartOfStream(source, 0, -1);
    ImageReader reader = null;
    try {
      reader = reader(stream, name);
      Header header = Header.of(stream, reader.getFormatName().toLowerCase(Locale.ROOT));
      if (header.animated()) {
        throw new UnreadableImageException(name, "animated");
      }
      reader.setInput(stream, true, true);
      checkSize(name, reader.getHeight(0), reader.getWidth(0), limits);
      checkSize(name, header.height(), header.width(), limits);
      List<String> losses = new ArrayList<>();
      reader.addIIOReadWarningListener(
          (from, warning) -> {
            if (LOSS.matcher(warning).find()) {
              losses.add(warning);
            }
          });
      Image stored = Rasters.image(reader.read(0));
      if (!losses.isEmpty()) {
        throw new UnreadableImageException(name, losses.get(0));
      }
      return header.upright(stored);
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException | RuntimeException | OutOfMemoryError e) { // decoders throw all of these
      throw new UnreadableImageException(name, e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
  }

  private static void checkSize(String name, long height, long width, Limits limits)
      throws UnreadableImageException {
    if (height * width > limits.pixels()) {
      throw new UnreadableImageException(
          name,
          String.format(
              Locale.ROOT,
              "declares %d×%d pixels, the limit is %d in all",
              height,
              width,
              limits.pixels()));
    }
  }

  private static ImageReader reader(ImageInputStream stream, String name) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        return reader;
      }
    }
    throw new UnreadableImageException(name, "not an image of a known format");
  }

  /** Whether a file of that name is taken for an image. */
  static boolean isImage(String name) {
    String file = name.substring(name.lastIndexOf('/') + 1);
    String extension = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return !file.startsWith(".") && EXTENSIONS.contains(extension);
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

  /** The bytes of a PNG file of the {@linkplain Image#quantised() quantised} image. */
  public static byte[] png(Image image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(Rasters.buffered(image), "png", bytes);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
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
