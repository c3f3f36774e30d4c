package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.ipt4j.data.measure.Metrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the pixels of every kind of file when its colours are replaced. */
class PictureTest {
  private static final Path FILES =
      Path.of("src", "test", "resources", "org", "ipt4j", "data", "image", "files");

  @TempDir Path folder;

  /** With its own colours, a picture is to see what it was, in its own format or in PNG. */
  @ParameterizedTest
  @CsvSource({
    "base.png, PNG, RGB 8",
    "base-16.png, PNG, RGB 16",
    "gray.png, PNG, GRAY 8",
    "gray-16.png, PNG, GRAY 16",
    "alpha.png, PNG, RGBA 8",
    "gray-alpha.png, PNG, GRAYA 8",
    "few-palette.png, PNG, RGB 8",
    "few-palette-transparent.png, PNG, RGBA 8",
    "two-bit.png, PNG, GRAY 8",
    "base.bmp, BMP, RGB 8",
    "few.bmp, BMP, RGB 8",
    "gray.bmp, BMP, GRAY 8",
    "base.tif, TIFF, RGB 8",
    "gray.tif, TIFF, GRAY 8",
    "orient-6.tif, TIFF, RGB 8",
    "few.gif, PNG, RGB 8",
    "base.webp, PNG, RGB 8",
    "alpha.webp, PNG, RGBA 8"
  })
  void keepsTheFormAndEveryPixel(String file, ImageFormat format, String form) throws Exception {
    Picture picture = Picture.read(FILES.resolve(file));
    assertThat(picture.format()).isEqualTo(format);
    Path target = folder.resolve("new/" + file);
    picture.writeRepainted(picture.rows(), target, format);
    assertThat(target.getParent().toFile().list()).containsExactly(file);
    BufferedImage written = ImageIO.read(target.toFile());
    assertThat(visible(ImageFiles.read(target), written))
        .isEqualTo(visible(ImageFiles.read(FILES.resolve(file)), written));
    assertThat(form(written)).isEqualTo(form);
    assertThat(form(picture.repainted(picture.rows()))).isEqualTo(form);
    if (form.contains("A ")) {
      assertThat(alpha(written)).isEqualTo(alpha(ImageIO.read(FILES.resolve(file).toFile())));
    }
  }

  // black where nothing is to see
  private static Image visible(Image image, BufferedImage form) {
    float[] pixels = image.pixels().clone();
    int plane = image.height() * image.width();
    for (int i = 0; form.getColorModel().hasAlpha() && i < pixels.length; i++) {
      if (alpha(form)[i % plane] == 0) {
        pixels[i] = 0;
      }
    }
    return new Image(image.height(), image.width(), pixels);
  }

  private static String form(BufferedImage image) {
    ColorModel colors = image.getColorModel();
    int bits = Math.max(8, colors.getComponentSize(0));
    boolean gray =
        image.getType() == BufferedImage.TYPE_BYTE_GRAY
            || colors.getColorSpace().getType() == ColorSpace.TYPE_GRAY
            || colors instanceof java.awt.image.IndexColorModel;
    return (gray ? "GRAY" : "RGB") + (colors.hasAlpha() ? "A " : " ") + bits;
  }

  private static int[] alpha(BufferedImage image) {
    int[] argb = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    for (int i = 0; i < argb.length; i++) {
      argb[i] >>>= 24;
    }
    return argb;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void orientationIsAppliedOnce(int orientation) throws Exception {
    Path file = FILES.resolve("orient-" + orientation + ".jpg");
    Picture picture = Picture.read(file);
    assertThat(ImageFiles.size(file)).isEqualTo(new ImageSize(17, 24));
    Path target = folder.resolve("upright.png");
    picture.writeRepainted(picture.rows(), target, ImageFormat.PNG);
    // what is written notes no orientation, so that reading it turns nothing again
    assertThat(ImageFiles.read(target)).isEqualTo(ImageFiles.read(file));
    Image base = ImageFiles.read(FILES.resolve("base.png"));
    assertThat(Metrics.psnr(ImageFiles.read(target), base, Metrics.Channels.RGB, 0))
        .isGreaterThan(40);
    Path again = folder.resolve("upright.jpg");
    picture.writeRepainted(picture.rows(), again, ImageFormat.JPEG);
    assertThat(Metrics.psnr(ImageFiles.read(again), base, Metrics.Channels.RGB, 0))
        .isGreaterThan(25); // colours at half the resolution
  }

  /** Of every orientation, palettes, and samples of a few bits; alpha as well. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "orient-1.jpg", "orient-2.jpg", "orient-3.jpg", "orient-4.jpg", "orient-5.jpg",
        "orient-6.jpg", "orient-7.jpg", "orient-8.jpg", "orient-6.tif", "two-bit.png",
        "few-palette-transparent.png", "base-16.png", "gray-alpha.png", "base-cmyk.jpg"
      })
  void aCropIsThatPartOfThePicture(String file) throws Exception {
    Picture whole = Picture.read(FILES.resolve(file));
    int height = whole.height() - 5;
    int width = whole.width() - 9;
    Picture part = whole.crop(2, 3, height, width);
    assertThat(part.format()).isEqualTo(whole.format());
    BufferedImage expected =
        whole.repainted(Images.constant(whole.height(), whole.width(), 7).rows());
    BufferedImage made = part.repainted(Images.constant(height, width, 7).rows());
    assertThat(form(made)).isEqualTo(form(expected));
    assertThat(alpha(made)).isEqualTo(alpha(expected.getSubimage(3, 2, width, height)));
    if (!made.getColorModel().hasAlpha()) { // hidden pixels' colours come from beyond the crop
      assertThat(Image.of(part.rows())).isEqualTo(Image.of(whole.rows()).crop(2, 3, height, width));
    }
    assertThatThrownBy(() -> whole.crop(6, 0, whole.height() - 5, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a crop lies within the image's");
    assertThatThrownBy(() -> whole.crop(0, Integer.MAX_VALUE, 1, Integer.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void moreThanTheLimitIsRefused() {
    assertThatThrownBy(
            () -> Picture.read(FILES.resolve("base.png"), new Limits(407, 0), warning -> {}))
        .isInstanceOfSatisfying(
            UnreadableImageException.class,
            refused ->
                assertThat(refused.reason())
                    .isEqualTo("declares 17×24 pixels (height×width), the limit is 407 in all"));
  }

  @Test
  void cmykBecomesRgb() throws Exception {
    Picture picture = Picture.read(FILES.resolve("base-cmyk.jpg"));
    assertThat(picture.format()).isEqualTo(ImageFormat.JPEG);
    Path target = folder.resolve("rgb.png");
    picture.writeRepainted(picture.rows(), target, ImageFormat.PNG);
    Image base = ImageFiles.read(FILES.resolve("base.png"));
    assertThat(Metrics.psnr(ImageFiles.read(target), base, Metrics.Channels.RGB, 0))
        .isGreaterThan(35);
  }

  @ParameterizedTest
  @EnumSource(
      value = ImageFormat.class,
      names = {"PNG", "TIFF"})
  void opacityIsEnlargedBicubically(ImageFormat format) throws Exception {
    for (boolean deep : new boolean[] {false, true}) {
      int unit = deep ? 257 : 1;
      int[] opacity = new int[5 * 7];
      int[][] samples = new int[4][5 * 7];
      for (int i = 0; i < opacity.length; i++) {
        opacity[i] = 60 + 31 * i % 127;
        samples[0][i] = 7 * i;
        samples[1][i] = 3 * i;
        samples[2][i] = 100;
        samples[3][i] = opacity[i] * unit;
      }
      Picture picture = Picture.of(image(7, 5, deep, ColorSpace.CS_sRGB, samples));
      Path target = folder.resolve("large." + format.extension());
      picture.writeRepainted(Images.constant(10, 14, 50.25f).rows(), target, format);
      Raster written = ImageIO.read(target.toFile()).getRaster();
      // the three channels of an image, enlarged by what rounds between its passes
      Image plane =
          Bicubic.enlarge(
              Image.quantised(
                  new CountedRows(
                      5,
                      7,
                      (y, row) -> {
                        for (int x = 0; x < 3 * 7; x++) {
                          row[x] = opacity[y * 7 + x % 7];
                        }
                      })),
              2);
      for (int y = 0; y < 10; y++) {
        for (int x = 0; x < 14; x++) {
          assertThat(written.getSample(x, y, 0)).isEqualTo(deep ? 12914 : 50);
          assertThat(written.getSample(x, y, 3) / (double) unit)
              .isCloseTo(plane.at(0, y, x), within(1.5));
        }
      }
    }
  }

  // samples [bands][height·width]
  private static BufferedImage image(
      int width, int height, boolean deep, int space, int[]... samples) {
    boolean alpha = samples.length % 2 == 0;
    ColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(space),
            alpha,
            false,
            alpha ? ColorModel.TRANSLUCENT : ColorModel.OPAQUE,
            deep ? DataBuffer.TYPE_USHORT : DataBuffer.TYPE_BYTE);
    var raster = model.createCompatibleWritableRaster(width, height);
    for (int c = 0; c < samples.length; c++) {
      raster.setSamples(0, 0, width, height, c, samples[c]);
    }
    return new BufferedImage(model, raster, false, null);
  }

  @Test
  void sixteenBitsAreKeptToTheLast() throws Exception {
    int[] values = {0, 1, 255, 256, 257, 12345, 65534, 65535};
    Picture picture = Picture.of(image(8, 1, true, ColorSpace.CS_GRAY, values));
    for (ImageFormat format : List.of(ImageFormat.PNG, ImageFormat.TIFF)) {
      Path target = folder.resolve("deep." + format.extension());
      picture.writeRepainted(picture.rows(), target, format);
      Raster written = ImageIO.read(target.toFile()).getRaster();
      assertThat(written.getSamples(0, 0, 8, 1, 0, (int[]) null)).isEqualTo(values);
    }
    Path eight = folder.resolve("eight.bmp");
    picture.writeRepainted(picture.rows(), eight, ImageFormat.BMP);
    assertThat(ImageFiles.read(eight).at(0, 0, 5)).isEqualTo(48);
  }

  /** Java's writer of TIFF reads a strip of 16 bits twice; of these widths it has 9 to 15 rows. */
  @ParameterizedTest
  @ValueSource(ints = {256, 257, 300, 455, 456})
  void stripsOfAnyHeightAreWritten(int width) throws Exception {
    int[] values = new int[width * 60];
    Arrays.setAll(values, i -> i * 97 & 0xFFFF);
    Picture picture = Picture.of(image(width, 60, true, ColorSpace.CS_GRAY, values));
    Path target = folder.resolve("strips.tif");
    picture.writeRepainted(picture.rows(), target, ImageFormat.TIFF);
    Raster written = ImageIO.read(target.toFile()).getRaster();
    assertThat(written.getSamples(0, 0, width, 60, 0, (int[]) null)).isEqualTo(values);
  }

  @Test
  void grayIsTheLumaOfItsColours() {
    Picture picture = Picture.of(image(1, 1, false, ColorSpace.CS_GRAY, new int[] {9}));
    float[] colours = {100, 50, 200};
    assertThat(picture.repainted(new Image(1, 1, colours).rows()).getRaster().getSample(0, 0, 0))
        .isEqualTo(82); // 29.9 + 29.35 + 22.8
  }

  @Test
  void premultipliedOpacityIsTakenOut() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_4BYTE_ABGR_PRE);
    image.setRGB(0, 0, 0x80_FF_80_00);
    float[] row = new float[3];
    Picture.of(image).rows().next(row);
    assertThat(row[0]).isEqualTo(255);
    assertThat(row[1]).isBetween(126f, 130f);
    assertThat(Rasters.image(new Pixels(image)).at(0, 0, 0)).isEqualTo(255);
    assertThat(image.getRaster().getSample(0, 0, 0)).as("the given image is left").isEqualTo(128);
  }

  /** A profile is carried over byte by byte, and the samples stay as they are. */
  @ParameterizedTest
  @EnumSource(
      value = ImageFormat.class,
      names = {"PNG", "TIFF", "JPEG"})
  void profilesAreKept(ImageFormat format) throws Exception {
    ICC_Profile profile = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB);
    for (int length : new int[] {profile.getData().length, 150_000}) { // JPEG: in one and 3 parts
      byte[] data = java.util.Arrays.copyOf(profile.getData(), length);
      BufferedImage smooth = Rasters.buffered(ImageFiles.read(FILES.resolve("base.png")));
      Picture plain = Picture.of(smooth);
      Path unprofiled = folder.resolve("plain." + format.extension());
      plain.writeRepainted(plain.rows(), unprofiled, format);
      Path file = folder.resolve("profile." + format.extension());
      ImageEncoder.write(smooth, data, format, file);
      Picture read = Picture.read(file);
      Path target = folder.resolve("again." + format.extension());
      read.writeRepainted(read.rows(), target, format);
      for (Path with : List.of(file, target)) {
        assertThat(profile(with)).as("%s", with).isEqualTo(data);
      }
      assertThat(profile(unprofiled)).isNull();
      if (format != ImageFormat.JPEG) {
        assertThat(ImageFiles.read(target)).isEqualTo(ImageFiles.read(FILES.resolve("base.png")));
      }
      assertThat(ImageFiles.read(file)).isEqualTo(ImageFiles.read(unprofiled));
    }
  }

  private static byte[] profile(Path file) throws Exception {
    try (var stream = ImageIO.createImageInputStream(file.toFile())) {
      String format = ImageFormat.of(file).name().toLowerCase(java.util.Locale.ROOT);
      return Header.of(stream, format).profile();
    }
  }

  @Test
  void grayFilesGetNoProfileTheyHadNot() throws Exception {
    Picture gray = Picture.read(FILES.resolve("gray.png"));
    for (ImageFormat format : ImageFormat.values()) {
      Path target = folder.resolve("gray." + format.extension());
      gray.writeRepainted(gray.rows(), target, format);
      assertThat(profile(target)).as("%s", format).isNull();
    }
  }

  @Test
  void aBufferedImagesProfileIsKept() throws Exception {
    ICC_Profile profile = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB);
    BufferedImage image =
        image(1, 1, false, ColorSpace.CS_LINEAR_RGB, new int[1], new int[1], new int[1]);
    Picture picture = Picture.of(image);
    ColorSpace space = picture.repainted(picture.rows()).getColorModel().getColorSpace();
    assertThat(((ICC_ColorSpace) space).getProfile().getData()).isEqualTo(profile.getData());
    Path target = folder.resolve("linear.png");
    picture.writeRepainted(picture.rows(), target, ImageFormat.PNG);
    assertThat(profile(target)).isEqualTo(profile.getData());
  }

  @Test
  void aProfileOfOtherColoursIsDropped() throws Exception {
    Path file = folder.resolve("gray.png");
    ImageEncoder.write(
        image(1, 1, false, ColorSpace.CS_GRAY, new int[1]),
        ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData(),
        ImageFormat.PNG,
        file);
    Picture picture = Picture.read(file);
    Path target = folder.resolve("target.png");
    picture.writeRepainted(picture.rows(), target, ImageFormat.PNG);
    assertThat(profile(target)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"animated.png", "animated.webp", "few-animated.gif"})
  void refusesFilms(String file) {
    assertThatThrownBy(() -> Picture.read(FILES.resolve(file)))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith(file + ": animated");
  }

  @Test
  void refusesSeveralPagesAndDeepSamples() throws Exception {
    Path pages = folder.resolve("pages.tif");
    var writer = ImageIO.getImageWritersByFormatName("tiff").next();
    try (var stream = ImageIO.createImageOutputStream(pages.toFile())) {
      writer.setOutput(stream);
      writer.prepareWriteSequence(null);
      for (int i = 0; i < 2; i++) {
        BufferedImage page = new BufferedImage(3, 2, BufferedImage.TYPE_3BYTE_BGR);
        writer.writeToSequence(new javax.imageio.IIOImage(page, null, null), null);
      }
      writer.endWriteSequence();
    }
    assertThatThrownBy(() -> Picture.read(pages))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("pages.tif: holds 2 images, expected one");
    assertThatThrownBy(() -> ImageFiles.read(pages))
        .hasMessageEndingWith("pages.tif: holds 2 images, expected one");
    ColorModel floats =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_GRAY), false, false, 1, DataBuffer.TYPE_FLOAT);
    BufferedImage image =
        new BufferedImage(floats, floats.createCompatibleWritableRaster(1, 1), false, null);
    assertThatThrownBy(() -> Picture.of(image))
        .hasMessage(
            "expected unsigned samples of up to 16 bits, got floating point of" + " 32 bits");
  }

  @Test
  void transparencyIsNeverLostSilently() throws Exception {
    Path target = folder.resolve("new.jpg");
    Picture clear = Picture.read(FILES.resolve("alpha.png"));
    assertThatThrownBy(() -> clear.writeRepainted(clear.rows(), target, ImageFormat.JPEG))
        .hasMessageContaining("JPEG holds no transparency");
    assertThat(target).doesNotExist();
    BufferedImage opaque = new BufferedImage(4, 4, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 16; i++) {
      opaque.setRGB(i % 4, i / 4, 0xFF_20_40_60);
    }
    Picture solid = Picture.of(opaque);
    solid.writeRepainted(solid.rows(), target, ImageFormat.JPEG);
    assertThat(ImageFiles.read(target).at(2, 3, 3)).isBetween(94f, 98f);
  }

  /** PNG and TIFF are on their way to the disk before the last row is made. */
  @ParameterizedTest
  @EnumSource(
      value = ImageFormat.class,
      names = {"PNG", "TIFF"})
  void rowsStreamAndFailuresLeaveNothing(ImageFormat format) throws Exception {
    Image noise = Images.noise(600, 400, org.ipt4j.core.Randomness.at(3));
    Picture picture = Picture.of(Rasters.buffered(noise));
    Path target = folder.resolve("out/noise." + format.extension());
    long[] onDisk = new long[1];
    Rows failing =
        new CountedRows(
            600,
            400,
            (y, row) -> {
              if (y == 590) {
                onDisk[0] = target.getParent().toFile().listFiles()[0].length();
                throw new IllegalStateException("stopped");
              }
              for (int i = 0; i < row.length; i++) {
                row[i] = noise.at(i / 400, y, i % 400);
              }
            });
    assertThatThrownBy(() -> picture.writeRepainted(failing, target, format)).hasMessage("stopped");
    assertThat(onDisk[0]).isGreaterThan(550 * 400 * 3);
    assertThat(Files.list(target.getParent())).isEmpty();
  }

  /** Not in the words of a writer, and with the file's name. */
  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void whyAFileCannotBeWrittenIsTold(ImageFormat format) {
    Image noise = Images.noise(50, 40, org.ipt4j.core.Randomness.at(3));
    Picture picture = Picture.of(Rasters.buffered(noise));
    Path target = folder.resolve("out/noise." + format.extension());
    Rows interrupting = new CountedRows(50, 40, (y, row) -> Thread.currentThread().interrupt());
    // an interrupted thread's files are closed under it
    assertThatThrownBy(() -> picture.writeRepainted(interrupting, target, format))
        .isInstanceOf(java.nio.file.FileSystemException.class)
        .hasMessageMatching(java.util.regex.Pattern.quote(target + "") + ": Closed\\w+Exception");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(target.getParent()).isEmptyDirectory();
  }

  @Test
  void rowsMustBeAMultiple() {
    Picture picture = Picture.of(new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB));
    assertThatThrownBy(() -> picture.repainted(Images.constant(4, 5, 0).rows()))
        .hasMessage("expected rows of a multiple of 2×3 (height×width), got 4×5");
  }

  @Test
  void jpegsSidesEnd() {
    Picture picture = Picture.of(new BufferedImage(1, 2, BufferedImage.TYPE_INT_RGB));
    assertThatThrownBy(
            () ->
                picture.writeRepainted(
                    new CountedRows(80_000, 40_000, (y, row) -> {}),
                    folder.resolve("a.jpg"),
                    ImageFormat.JPEG))
        .hasMessage(
            "80000×40000 pixels (height×width) are more than we write as JPEG; PNG takes them");
  }
}
