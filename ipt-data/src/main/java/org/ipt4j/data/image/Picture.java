package org.ipt4j.data.image;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An image with everything that is kept when its colours are replaced by restored ones: whether it
 * is gray, its 8 or 16 bits, its opacity, its colour profile. Held as decoded, but upright; from a
 * file with one image only. Immutable, so any number of threads may use its {@link #rows()}.
 */
public final class Picture {
  private static final Logger LOG = LoggerFactory.getLogger(Picture.class);

  private final Pixels pixels;
  private final byte[] profile; // or null
  private final ImageFormat format;

  private Picture(Pixels pixels, byte[] profile, ImageFormat format) {
    this.pixels = pixels;
    this.profile = profile;
    this.format = format;
  }

  /**
   * Takes a decoded image, which must not be changed afterwards.
   *
   * @throws IllegalArgumentException if its samples have more than 16 bits, or signs
   */
  public static Picture of(BufferedImage image) {
    ColorSpace space = image.getColorModel().getColorSpace();
    boolean standard = space.isCS_sRGB() || space == ColorSpace.getInstance(ColorSpace.CS_GRAY);
    ICC_Profile profile =
        !standard && space instanceof ICC_ColorSpace icc ? icc.getProfile() : null;
    byte[] data = profile == null ? null : profile.getData();
    return of(new Pixels(image), data, ImageFormat.PNG);
  }

  /** As {@link #read(Path, Consumer)}; warnings are logged. */
  public static Picture read(Path file) throws UnreadableImageException {
    return read(file, LOG::warn);
  }

  /**
   * Reads a file of up to {@link Limits#DEFAULT} pixels.
   *
   * @param warnings receives a line that names the file, if it is damaged and was repaired, and if
   *     a TIFF has bands that are neither colours nor opacity, which are left out
   * @throws UnreadableImageException also if it is animated or holds several images
   */
  public static Picture read(Path file, Consumer<String> warnings) throws UnreadableImageException {
    return read(file, Limits.DEFAULT, warnings);
  }

  /**
   * As {@link #read(Path, Consumer)}, with limits of one's own.
   *
   * @param limits a file that declares more pixels is refused before memory is taken
   */
  public static Picture read(Path file, Limits limits, Consumer<String> warnings)
      throws UnreadableImageException {
    return ImageFiles.readPicture(file, limits, warnings);
  }

  static Picture of(Pixels pixels, byte[] profile, ImageFormat format) {
    return new Picture(pixels, fits(profile, pixels) ? profile : null, format);
  }

  // bytes 16 to 19 of a profile say which colours it is about
  private static boolean fits(byte[] profile, Pixels pixels) {
    return profile != null
        && profile.length > 20
        && pixels.isAsStored()
        && new String(profile, 16, 4, StandardCharsets.US_ASCII)
            .equals(pixels.isGray() ? "GRAY" : "RGB ");
  }

  /** H, of the upright image. */
  public int height() {
    return pixels.height();
  }

  /** W, of the upright image. */
  public int width() {
    return pixels.width();
  }

  /** The format it was read in, or PNG if that is not one we write. */
  public ImageFormat format() {
    return format;
  }

  /**
   * The part of that height and width whose upper left pixel is (top, left): a picture of its own,
   * which does not hold this one.
   *
   * @throws IllegalArgumentException if it does not lie within this one
   */
  public Picture crop(int top, int left, int height, int width) {
    if (Math.min(top, left) < 0
        || Math.min(height, width) < 1
        || height > height() - top
        || width > width() - left) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a crop lies within the image's %d×%d pixels (height×width), got %d×%d from (%d, %d) on",
              height(),
              width(),
              height,
              width,
              top,
              left));
    }
    return new Picture(pixels.crop(top, left, height, width), profile, format);
  }

  /**
   * The colours; gray becomes three equal channels. Hidden pixels (of opacity 0) have the colour of
   * the nearest visible one, so their own colour has no effect.
   */
  public Rows rows() {
    return HiddenPixels.filled(pixels);
  }

  /**
   * This picture with other colours, in memory; gray, bits and opacity are as in this one.
   *
   * @param colours of an image s times as high and wide as this one; if s is not 1 the opacity is
   *     enlarged bicubically
   * @throws IllegalArgumentException if it has more than {@link Image#MOST_VALUES}
   */
  public BufferedImage repainted(Rows colours) {
    checkSize(colours);
    return new Repainted(pixels, colours, pixels.hasAlpha(), pixels.depth(), pixels.colorSpace())
        .gathered();
  }

  /**
   * Writes {@link #repainted} to a file that is complete or absent, with this picture's colour
   * profile. PNG and TIFF are written as the rows come; the other formats take memory for the whole
   * image, a byte per sample.
   *
   * @throws IllegalArgumentException if the format cannot hold the image: JPEG and BMP have no
   *     transparency; they have 8 bits, to which deeper images are rounded
   */
  public void writeRepainted(Rows colours, Path target, ImageFormat as) throws IOException {
    checkSize(colours);
    boolean alpha = pixels.hasAlpha() && (as.keepsAll() || !pixels.isOpaque());
    checkFormat(colours, alpha, as);
    ColorSpace space =
        ColorSpace.getInstance(pixels.isGray() ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
    int depth = as.keepsAll() ? pixels.depth() : 8;
    Repainted image = new Repainted(pixels, colours, alpha, depth, space);
    ImageEncoder.write(as.streams() ? image : image.gathered(), profile, as, target);
  }

  private void checkSize(Rows colours) {
    int scale = Math.max(1, colours.width() / width());
    if (colours.height() != height() * scale || colours.width() != width() * scale) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected rows of a multiple of %d×%d (height×width), got %d×%d",
              height(),
              width(),
              colours.height(),
              colours.width()));
    }
  }

  private static void checkFormat(Rows colours, boolean alpha, ImageFormat as) {
    if (alpha && !as.keepsAll()) {
      throw new IllegalArgumentException(
          as + " holds no transparency, which the image has; PNG does");
    }
    long samples = (long) Image.CHANNELS * colours.height() * colours.width();
    boolean tooMany = !as.streams() && samples > Image.MOST_VALUES;
    if (tooMany || Math.max(colours.height(), colours.width()) > as.side()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d×%d pixels (height×width) are more than we write as %s; PNG takes them",
              colours.height(),
              colours.width(),
              as));
    }
  }
}
