package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The orientation that files of every format note, in every form, is applied once. */
class OrientationTest {
  private static final Path FILES =
      Path.of("src", "test", "resources", "org", "ipt4j", "data", "image", "files");
  private static final int ORIENTATION = 274;
  private static final String NAMED = "Exif\0\0";

  @TempDir Path folder;

  /** What Exif says of its first row and first column, pixel by pixel. */
  private static Image upright(Image stored, int orientation) {
    int height = orientation < 5 ? stored.height() : stored.width();
    int width = orientation < 5 ? stored.width() : stored.height();
    float[] pixels = new float[3 * height * width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int left = x;
        int top = y;
        int right = width - 1 - x;
        int bottom = height - 1 - y;
        int[] at =
            switch (orientation) {
              case 2 -> new int[] {top, right};
              case 3 -> new int[] {bottom, right};
              case 4 -> new int[] {bottom, left};
              case 5 -> new int[] {left, top};
              case 6 -> new int[] {right, top};
              case 7 -> new int[] {right, bottom};
              case 8 -> new int[] {left, bottom};
              default -> new int[] {top, left};
            };
        for (int c = 0; c < 3; c++) {
          pixels[(c * height + y) * width + x] = stored.at(c, at[0], at[1]);
        }
      }
    }
    return new Image(height, width, pixels);
  }

  private static byte[] exif(ByteOrder order, int... tagsAndValues) {
    Map<Integer, int[]> tags = new TreeMap<>();
    for (int i = 0; i < tagsAndValues.length; i += 2) {
      tags.put(tagsAndValues[i], new int[] {tagsAndValues[i + 1]});
    }
    return Tiffs.file(order, false, tags, new byte[0]);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The frame of a plain file in an extended one. */
  private static byte[] webp(byte[] plain, boolean early, byte[] exif) {
    byte[] image = Arrays.copyOfRange(plain, 12, plain.length);
    byte[] extended = {8, 0, 0, 0, 23, 0, 0, 16, 0, 0}; // it has Exif; 24×17, less one
    byte[] first = chunk("VP8X", extended);
    byte[] last = chunk("EXIF", exif);
    byte[] body = joined(text("WEBP"), first, early ? joined(last, image) : joined(image, last));
    return chunk("RIFF", body);
  }

  private static byte[] chunk(String kind, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(8 + data.length + data.length % 2);
    chunk.order(ByteOrder.LITTLE_ENDIAN).put(text(kind)).putInt(data.length).put(data);
    return chunk.array();
  }

  private static byte[] jpeg(byte[] file, byte[]... segments) {
    byte[] all = Arrays.copyOf(file, 2);
    for (byte[] segment : segments) {
      ByteBuffer head = ByteBuffer.allocate(4).putShort((short) 0xFFE1);
      all = joined(all, head.putShort((short) (segment.length + 2)).array(), segment);
    }
    return joined(all, Arrays.copyOfRange(file, 2, file.length));
  }

  private void assertUpright(String name, byte[] bytes, Image expected) throws Exception {
    Path file = Files.write(folder.resolve(name), bytes);
    assertThat(ImageFiles.size(file))
        .as(name)
        .isEqualTo(new ImageSize(expected.height(), expected.width()));
    assertThat(ImageFiles.read(file)).as(name).isEqualTo(expected);
    Picture picture = Picture.read(file);
    Path target = folder.resolve("written.png");
    picture.writeRepainted(picture.rows(), target, ImageFormat.PNG);
    assertThat(ImageFiles.read(target)).as("%s, written", name).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void isAppliedInEveryForm(int orientation) throws Exception {
    byte[] png = Files.readAllBytes(FILES.resolve("base.png"));
    byte[] webp = Files.readAllBytes(FILES.resolve("base.webp"));
    byte[] lossy = Files.readAllBytes(FILES.resolve("base-lossy.webp"));
    byte[] jpeg = Files.readAllBytes(FILES.resolve("base.jpg"));
    Image base = upright(ImageFiles.read(FILES.resolve("base.png")), orientation);
    Image lossyBase = upright(ImageFiles.read(FILES.resolve("base-lossy.webp")), orientation);
    Image jpegBase = upright(ImageFiles.read(FILES.resolve("base.jpg")), orientation);
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      byte[] exif = exif(order, 271, 7, ORIENTATION, orientation, 296, 2);
      assertUpright("a.jpg", jpeg(jpeg, joined(text("Exif\0\u00FF"), exif)), jpegBase);
      for (String prefix : new String[] {"", NAMED}) { // which some writers put there
        byte[] piece = joined(text(prefix), exif);
        for (boolean early : new boolean[] {true, false}) {
          assertUpright("a.png", Images.png(png, early, "eXIf", piece), base);
          assertUpright("a.webp", webp(webp, early, piece), base);
          assertUpright("lossy.webp", webp(lossy, early, piece), lossyBase);
        }
      }
      assertUpright("a.jpg", jpeg(jpeg, joined(text(NAMED), exif)), jpegBase);
      Map<Integer, int[]> tags = Tiffs.tags(2, 3, 1, 8);
      tags.put(ORIENTATION, new int[] {orientation});
      byte[] gray = {10, 20, 30, 40, 50, 60};
      Image stored =
          new Image(
              2,
              3,
              new float[] {10, 20, 30, 40, 50, 60, 10, 20, 30, 40, 50, 60, 10, 20, 30, 40, 50, 60});
      for (boolean big : new boolean[] {false, true}) {
        assertUpright("a.tif", Tiffs.file(order, big, tags, gray), upright(stored, orientation));
      }
    }
  }

  /** As another library writes them. */
  @ParameterizedTest
  @CsvSource({"orient-6.png", "orient-6.webp", "orient-6.tif"})
  void isAppliedToFilesOfOthers(String file) throws Exception {
    assertUpright(
        file, Files.readAllBytes(FILES.resolve(file)), ImageFiles.read(FILES.resolve("base.png")));
  }

  /** Of two pieces of Exif browsers take the first that notes an orientation. */
  @Test
  void theFirstPieceThatNotesOneCounts() throws Exception {
    byte[] jpeg = Files.readAllBytes(FILES.resolve("base.jpg"));
    Image base = ImageFiles.read(FILES.resolve("base.jpg"));
    byte[] six = joined(text(NAMED), exif(ByteOrder.BIG_ENDIAN, ORIENTATION, 6));
    byte[] one = joined(text(NAMED), exif(ByteOrder.LITTLE_ENDIAN, ORIENTATION, 1));
    byte[] none = joined(text(NAMED), exif(ByteOrder.LITTLE_ENDIAN, 296, 2));
    byte[] other = text("http://ns.adobe.com/xap/1.0/\0<x/>");
    assertUpright("first.jpg", jpeg(jpeg, six, one), upright(base, 6));
    assertUpright("first.jpg", jpeg(jpeg, one, six), base);
    assertUpright("second.jpg", jpeg(jpeg, none, other, six, one), upright(base, 6));
  }

  /** What decoders skip between segments. */
  @Test
  void fillBytesAndStrayOnesArePassedOver() throws Exception {
    byte[] jpeg = Files.readAllBytes(FILES.resolve("base.jpg"));
    Image turned = upright(ImageFiles.read(FILES.resolve("base.jpg")), 6);
    byte[] six = joined(text(NAMED), exif(ByteOrder.BIG_ENDIAN, ORIENTATION, 6));
    byte[] noted = jpeg(jpeg, six);
    byte[] filled =
        joined(
            Arrays.copyOf(noted, 2),
            new byte[] {(byte) 0xFF, (byte) 0xFF},
            Arrays.copyOfRange(noted, 2, noted.length));
    assertUpright("filled.jpg", filled, turned);
  }

  /** Exif that is damaged, or says nonsense, is no reason to refuse an image. */
  @Test
  void damagedExifNotesNothing() throws Exception {
    byte[] png = Files.readAllBytes(FILES.resolve("base.png"));
    byte[] webp = Files.readAllBytes(FILES.resolve("base.webp"));
    byte[] jpeg = Files.readAllBytes(FILES.resolve("base.jpg"));
    Image base = ImageFiles.read(FILES.resolve("base.png"));
    Image jpegBase = ImageFiles.read(FILES.resolve("base.jpg"));
    byte[] whole = exif(ByteOrder.BIG_ENDIAN, ORIENTATION, 6);
    byte[] far = whole.clone();
    far[4] = 0x7F; // where the directory is
    byte[] negative = Tiffs.file(ByteOrder.BIG_ENDIAN, true, Map.of(), new byte[0]);
    negative[8] = (byte) 0x80;
    byte[][] pieces = {
      {},
      text("MM"),
      text("no Exif at all"),
      Arrays.copyOf(whole, 12),
      far,
      negative,
      exif(ByteOrder.LITTLE_ENDIAN, ORIENTATION, 0),
      exif(ByteOrder.LITTLE_ENDIAN, ORIENTATION, 9),
      exif(ByteOrder.LITTLE_ENDIAN, 277, 60_000), // what would be refused in a TIFF
      exif(ByteOrder.LITTLE_ENDIAN, 339, 3)
    };
    for (byte[] piece : pieces) {
      assertUpright("a.png", Images.png(png, true, "eXIf", piece), base);
      assertUpright("a.webp", webp(webp, false, piece), base);
      assertUpright("a.jpg", jpeg(jpeg, joined(text(NAMED), piece)), jpegBase);
    }
  }
}
