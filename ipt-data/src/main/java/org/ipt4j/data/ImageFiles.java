package org.ipt4j.data;

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
import java.util.Set;
import java.util.regex.Pattern;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Image files: PNG, JPEG, BMP, TIFF, WebP and GIF, whatever their names say.
 *
 * <p>Values are taken as they are stored: gray becomes three equal channels, a palette its colours;
 * 16 bits keep their fractions of 1/257; CMYK is converted; transparency is dropped and colour
 * profiles are not applied, as in MATLAB's {@code imread} and Pillow's {@code convert("RGB")}. The
 * orientation that JPEG and TIFF note is honoured. Of several images in a GIF or TIFF the first is
 * read; an animated PNG or WebP is refused. {@link Picture} keeps what is dropped here.
 */
public final class ImageFiles {
  private static final Set<String> FORMATS =
      Set.of("png", "jpeg", "bmp", "tif", "tiff", "webp", "gif");
  private static final Set<String> EXTENSIONS =
      Set.of("png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "gif");

  /** What Java's JPEG reader only warns of, giving gray where data is missing. */
  private static final Pattern LOSS = Pattern.compile("Truncated|premature end");

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
    return open(file, stream -> read(stream, file.toString(), limits));
  }

  /** The size of a file's image, as it is to be seen; only the file's head is read. */
  public static ImageSize size(Path file) throws UnreadableImageException {
    return open(
        file,
        stream -> {
          ImageReader reader = reader(stream, file.toString());
          try {
            String format = reader.getFormatName().toLowerCase(Locale.ROOT);
            boolean upright = Header.of(stream, format).orientation() < 5;
            reader.setInput(stream, true, true);
            int height = reader.getHeight(0);
            int width = reader.getWidth(0);
            return upright ? new ImageSize(height, width) : new ImageSize(width, height);
          } catch (RuntimeException e) { // decoders throw these too
            throw new UnreadableImageException(file.toString(), e);
          } finally {
            reader.dispose();
          }
        });
  }

  /** What {@link Picture#read} gives. */
  static Picture readPicture(Path file, Limits limits) throws UnreadableImageException {
    return open(
        file,
        stream ->
            decode(
                stream,
                file.toString(),
                limits,
                true,
                (image, header, format) ->
                    Picture.of(image, header.orientation(), header.profile(), written(format))));
  }

  private static ImageFormat written(String format) {
    return switch (format) {
      case "jpeg" -> ImageFormat.JPEG;
      case "tif", "tiff" -> ImageFormat.TIFF;
      case "bmp" -> ImageFormat.BMP;
      default -> ImageFormat.PNG;
    };
  }

  /** What is made of an open file. */
  @FunctionalInterface
  private interface Reading<T> {
    T from(ImageInputStream stream) throws IOException;
  }

  private static <T> T open(Path file, Reading<T> reading) throws UnreadableImageException {
    if (!Files.isRegularFile(file)) {
      throw new UnreadableImageException(
          file.toString(), Files.exists(file) ? "not a file" : "no such file");
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
   * As {@link #read(Path)}, of bytes that are no file's, for instance of a resource.
   *
   * @param in read as far as needed, not closed
   * @param name what to call it in messages
   */
  public static Image read(InputStream in, String name) throws IOException {
    try (ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
      return read(stream, name, Limits.DEFAULT);
    }
  }

  static Image read(ImageInputStream source, String name, Limits limits)
      throws UnreadableImageException {
    return decode(
        source,
        name,
        limits,
        false,
        (image, header, format) -> header.upright(Rasters.image(image)));
  }

  /** What is made of a decoded image. */
  @FunctionalInterface
  private interface Taking<T> {
    T of(BufferedImage image, Header header, String format);
  }

  // alone: files of several images are refused, and not only of those that PNG and WebP know
  private static <T> T decode(
      ImageInputStream source, String name, Limits limits, boolean alone, Taking<T> taking)
      throws UnreadableImageException {
    ImageInputStream stream = new PartOfStream(source, 0, -1);
    ImageReader reader = null;
    try {
      reader = reader(stream, name);
      String format = reader.getFormatName().toLowerCase(Locale.ROOT);
      Header header = Header.of(stream, format);
      if (header.animated()) {
        throw new UnreadableImageException(name, "animated");
      }
      reader.setInput(stream, !alone, true);
      if (alone) {
        checkAlone(name, format, reader);
      }
      checkSize(name, reader.getHeight(0), reader.getWidth(0), limits);
      checkSize(name, header.height(), header.width(), limits);
      List<String> losses = new ArrayList<>();
      reader.addIIOReadWarningListener(
          (from, warning) -> {
            if (LOSS.matcher(warning).find()) {
              losses.add(warning);
            }
          });
      T taken = taking.of(reader.read(0, asStored(reader, header)), header, format);
      if (!losses.isEmpty()) {
        throw new UnreadableImageException(name, losses.get(0));
      }
      return taken;
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

  // Java's JPEG reader converts to sRGB unless it is asked for the colours of the file's profile
  private static ImageReadParam asStored(ImageReader reader, Header header) throws IOException {
    ImageReadParam param = reader.getDefaultReadParam();
    if (header.profile() != null && reader.getFormatName().equalsIgnoreCase("jpeg")) {
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

  private static void checkAlone(String name, String format, ImageReader reader)
      throws IOException {
    int images = List.of("gif", "tif", "tiff").contains(format) ? reader.getNumImages(true) : 1;
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
   * Writes the {@linkplain Image#quantised() quantised} image in the format that the name's ending
   * asks for; the file is complete or absent. Missing parent folders are made.
   *
   * @throws IllegalArgumentException if the ending is none of those of {@link ImageFormat}
   */
  public static void write(Image image, Path file) throws IOException {
    Encoder.write(Rasters.buffered(image), null, ImageFormat.of(file), file);
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
