package org.ipt4j.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Image files: PNG, JPEG, BMP, TIFF and BigTIFF, WebP and GIF, recognised by content, not by name.
 *
 * <p>Values are taken as they are stored: gray becomes three equal channels, a palette its colours;
 * 16 bits keep their fractions of 1/257; CMYK is converted; transparency is dropped and colour
 * profiles are not applied, as in MATLAB's {@code imread} and Pillow's {@code convert("RGB")}. The
 * orientation noted in JPEG, TIFF, PNG and WebP is applied; colours that were multiplied by their
 * opacity are divided by it. Samples have up to 16 bits and no signs. Of several images in a GIF or
 * TIFF the first is read; an animated PNG or WebP is refused. {@link Picture} keeps what is dropped
 * here.
 */
public final class ImageFiles {
  private static final Logger LOG = LoggerFactory.getLogger(ImageFiles.class);
  private static final Set<String> FORMATS = Set.of("png", "jpeg", "bmp", "tiff", "webp", "gif");
  private static final Set<String> EXTENSIONS =
      Set.of("png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "gif");

  /** Warnings of Java's JPEG reader for missing data, which it fills with gray. */
  private static final Pattern LOSS = Pattern.compile("Truncated|premature end");

  /** Warnings of Java's JPEG reader for damage that it repairs. */
  private static final Pattern REPAIR =
      Pattern.compile("^(Corrupt JPEG data|Inconsistent progression|Invalid SOS)");

  private ImageFiles() {}

  /** Whether a file's name is that of an image we read; hidden files do not count. */
  public static boolean isImage(Path file) {
    Path name = file.getFileName();
    return name != null && isImage(name.toString()); // a root has none
  }

  /** Reads a file of up to {@link Limits#DEFAULT} pixels. */
  public static Image read(Path file) throws UnreadableImageException {
    return read(file, Limits.DEFAULT);
  }

  /** Reads a file. If it is damaged and was repaired, that is logged. */
  public static Image read(Path file, Limits limits) throws UnreadableImageException {
    return open(file, stream -> read(stream, file.toString(), limits, LOG::warn));
  }

  /** The size of a file's upright image; nothing is decoded. */
  public static ImageSize size(Path file) throws UnreadableImageException {
    return open(
        file,
        stream -> {
          ImageReader reader = reader(stream, file.toString());
          try {
            boolean upright = Header.of(stream, format(reader)).orientation() < 5;
            reader.setInput(stream, true, true);
            int height = reader.getHeight(0);
            int width = reader.getWidth(0);
            return upright ? new ImageSize(height, width) : new ImageSize(width, height);
          } catch (IOException | RuntimeException e) { // decoders throw both
            throw undecodable(file.toString(), format(reader), e);
          } finally {
            reader.dispose();
          }
        });
  }

  /**
   * The default format of results made from a file's image: its own, or PNG for WebP and GIF. Only
   * the file's head is read.
   */
  public static ImageFormat format(Path file) throws UnreadableImageException {
    return open(
        file,
        stream -> {
          ImageReader reader = reader(stream, file.toString());
          try {
            return written(format(reader));
          } finally {
            reader.dispose();
          }
        });
  }

  /** The picture that {@link Picture#read} returns. */
  static Picture readPicture(Path file, Limits limits, Consumer<String> warnings)
      throws UnreadableImageException {
    return open(
        file,
        stream ->
            decode(
                stream,
                file.toString(),
                limits,
                warnings,
                (image, header, format) -> {
                  if (header.hasExtraBands()) {
                    warnings.accept(
                        file + ": bands that are neither colours nor opacity are left out");
                  }
                  return Picture.of(
                      new Pixels(image, header.orientation(), header.opacity()),
                      header.profile(),
                      written(format));
                }));
  }

  private static ImageFormat written(String format) {
    return switch (format) {
      case "jpeg" -> ImageFormat.JPEG;
      case "tiff" -> ImageFormat.TIFF;
      case "bmp" -> ImageFormat.BMP;
      default -> ImageFormat.PNG;
    };
  }

  /** What is done with an open file. */
  @FunctionalInterface
  private interface Reading<T> {
    T from(ImageInputStream stream) throws IOException;
  }

  /** Why a path is no file's. */
  static String missing(Path file) {
    return Files.isSymbolicLink(file) ? "a link that leads nowhere" : "no such file";
  }

  private static <T> T open(Path file, Reading<T> reading) throws UnreadableImageException {
    if (!Files.isRegularFile(file)) {
      throw new UnreadableImageException(
          file.toString(), Files.exists(file) ? "not a file" : missing(file));
    }
    try (ImageInputStream stream = new FileStream(file)) {
      return reading.from(stream);
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException e) {
      throw new UnreadableImageException(file.toString(), e);
    }
  }

  /**
   * As {@link #read(Path)}, from a stream, for instance of a resource.
   *
   * @param in read as far as needed, not closed
   * @param name the name to use in messages
   */
  public static Image read(InputStream in, String name) throws IOException {
    try (ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
      return read(stream, name, Limits.DEFAULT, LOG::warn);
    }
  }

  /**
   * Reads an open file.
   *
   * @param warnings receives one line that begins with {@code name}, if the file was repaired
   */
  static Image read(ImageInputStream source, String name, Limits limits, Consumer<String> warnings)
      throws UnreadableImageException {
    return decode(
        source,
        name,
        limits,
        warnings,
        (image, header, format) ->
            header.upright(Rasters.image(new Pixels(image, 1, header.opacity()))));
  }

  /** What is done with a decoded image. */
  @FunctionalInterface
  private interface Taking<T> {
    T of(BufferedImage image, Header header, String format);
  }

  private static <T> T decode(
      ImageInputStream source,
      String name,
      Limits limits,
      Consumer<String> warnings,
      Taking<T> taking)
      throws UnreadableImageException {
    ImageInputStream stream = new PartOfStream(source, 0, -1);
    ImageReader reader = null;
    try {
      reader = reader(stream, name);
      String format = format(reader);
      Header header = Header.of(stream, format);
      if (header.isAnimated()) {
        throw new UnreadableImageException(name, "animated");
      }
      checkSize(name, header.height(), header.width(), limits);
      List<String> said = new ArrayList<>();
      reader.addIIOReadWarningListener((from, warning) -> said.add(warning));
      reader.setInput(stream, false, true);
      BufferedImage image = decoded(reader, name, limits, header);
      check(name, said, warnings);
      return taking.of(image, header, format);
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      throw new UnreadableImageException(name, e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
  }

  private static BufferedImage decoded(
      ImageReader reader, String name, Limits limits, Header header) throws IOException {
    try {
      checkAlone(name, format(reader), reader);
      checkSize(name, reader.getHeight(0), reader.getWidth(0), limits);
      return reader.read(0, asStored(reader, header));
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // decoders throw all of these
      throw undecodable(name, format(reader), e);
    }
  }

  private static UnreadableImageException undecodable(
      String name, String format, Exception failure) {
    String reason =
        String.format(
            Locale.ROOT,
            "damaged, or of a kind of %s that is not read (%s)",
            format.toUpperCase(Locale.ROOT),
            UnreadableImageException.reason(failure));
    return new UnreadableImageException(name, reason, failure);
  }

  private static void check(String name, List<String> said, Consumer<String> warnings)
      throws UnreadableImageException {
    Optional<String> loss = said.stream().filter(LOSS.asPredicate()).findFirst();
    if (loss.isPresent()) {
      throw new UnreadableImageException(name, "data is missing (" + loss.get() + ")");
    }
    said.stream()
        .filter(REPAIR.asPredicate())
        .findFirst()
        .ifPresent(repair -> warnings.accept(name + ": damaged, and repaired (" + repair + ")"));
  }

  private static String format(ImageReader reader) throws IOException {
    String format = reader.getFormatName().toLowerCase(Locale.ROOT);
    return format.equals("tif") || format.equals("bigtiff") ? "tiff" : format;
  }

  // Java's JPEG reader converts to sRGB unless it is asked for the colours of the file's profile
  private static ImageReadParam asStored(ImageReader reader, Header header) throws IOException {
    ImageReadParam param = reader.getDefaultReadParam();
    if (header.profile() != null && format(reader).equals("jpeg")) {
      Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0);
      while (types.hasNext()) {
        ImageTypeSpecifier type = types.next();
        ColorSpace colors = type.getColorModel().getColorSpace();
        if (!colors.isCS_sRGB() && colors.getType() == ColorSpace.TYPE_RGB) {
          param.setDestinationType(type);
        }
      }
    }
    return param;
  }

  // PNG and WebP say in their headers that they are animated
  private static void checkAlone(String name, String format, ImageReader reader)
      throws IOException {
    int images = List.of("gif", "tiff").contains(format) ? reader.getNumImages(true) : 1;
    if (images > 1) {
      throw new UnreadableImageException(
          name, format.equals("gif") ? "animated" : "holds " + images + " images, expected one");
    }
  }

  private static void checkSize(String name, long height, long width, Limits limits)
      throws UnreadableImageException {
    if (height * width > limits.pixels()) {
      throw new UnreadableImageException(
          name,
          String.format(
              Locale.ROOT,
              "declares %d×%d pixels (height×width), the limit is %d in all",
              height,
              width,
              limits.pixels()));
    }
  }

  private static ImageReader reader(ImageInputStream stream, String name) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (FORMATS.contains(format(reader))) {
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
   * Writes the {@linkplain Image#quantised() quantised} image, in the format of the name's ending.
   * The file is complete or absent. Missing parent folders are made.
   *
   * @throws IllegalArgumentException if the ending is none of those of {@link ImageFormat}
   */
  public static void write(Image image, Path file) throws IOException {
    ImageEncoder.write(Rasters.buffered(image), null, ImageFormat.of(file), file);
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

  /**
   * Compresses the {@linkplain Image#quantised() quantised} image with JPEG and decompresses it, to
   * the bit as the Java runtime's libjpeg: chroma halved both ways, with the example tables of the
   * standard (ITU-T T.81, annex K) scaled by quality in integers as the Independent JPEG Group
   * does. Java's own writer scales them in floating point, which differs at 35 of the 100
   * qualities.
   *
   * @param quality 1..100
   */
  public static Image throughJpeg(Image image, int quality) {
    if (quality < 1 || quality > 100) {
      throw new IllegalArgumentException("a quality of JPEG is 1..100, got " + quality);
    }
    return JpegLoss.of(image.quantised(), quality);
  }
}
