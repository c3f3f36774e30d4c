package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.Randomness;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.Picture;
import org.ipt4j.data.image.Rows;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.GoldenFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.blas.Blas;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

class ImageRestorerTest {
  private static final Task SAME = new Task("denoise30", 1);
  private static final Task DOUBLE = new Task("x2", 2);
  // untrained with an input residual: the identity, and bicubic enlargement
  private static final IptModel UNTRAINED =
      IptModel.create(IptConfig.preset("nano"), List.of(SAME, DOUBLE), 1);

  @ParameterizedTest
  @CsvSource({"1,1,3", "1,50,0", "12,12,3", "11,13,1", "47,49,3", "30,61,11"})
  void tilesPutTogetherAreTheImage(int height, int width, int overlap) {
    Image image = noise(height, width);
    ImageRestorer restorer = new ImageRestorer(UNTRAINED).overlapping(overlap).inBatchesOf(5);
    assertThat(restorer.restore(SAME, image)).isEqualTo(image);
  }

  @Test
  void anUntrainedTileIsEnlargedBicubically() {
    float[] faint = noise(12, 12).pixels().clone();
    for (int i = 0; i < faint.length; i++) {
      faint[i] =
          Math.round(100 + faint[i] / 8); // no overshoot beyond 0..255, which would be clipped
    }
    Image image = new Image(12, 12, faint);
    float[] restored = new ImageRestorer(UNTRAINED).restore(DOUBLE, image).pixels();
    float[] bicubic = Bicubic.enlarge(image, 2).pixels();
    assertThat(restored).hasSize(3 * 24 * 24);
    for (int i = 0; i < bicubic.length; i++) {
      // MATLAB's recipe rounds between its passes, the network does not
      assertThat(restored[i]).isBetween(bicubic[i] - 1, bicubic[i] + 1);
    }
  }

  @Test
  void progressEndsWithAllTiles() {
    List<Integer> progress = new ArrayList<>();
    ImageRestorer restorer = new ImageRestorer(UNTRAINED).overlapping(3).inBatchesOf(2);
    assertThatThrownBy(() -> restorer.tiles(2_000_000_000, 2_000_000_000))
        .isInstanceOf(ArithmeticException.class);
    int tiles = restorer.tiles(20, 40);
    Image.quantised(
        restorer.restore(
            SAME,
            noise(20, 40).rows(),
            (done, all) -> {
              progress.add(done);
              assertThat(all).isEqualTo(tiles);
            }));
    assertThat(progress).isSorted().endsWith(tiles).hasSizeGreaterThan(2);
  }

  @Test
  void theImageItselfIsNotReplaced(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.png");
    ImageFiles.write(noise(12, 13), file);
    ImageRestorer restorer = new ImageRestorer(UNTRAINED);
    assertThatThrownBy(
            () ->
                restorer.restore(
                    DOUBLE, file, folder.resolve("../" + folder.getFileName() + "/a.png")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("a.png is the image itself: expected another file");
    assertThat(ImageFiles.read(file)).isEqualTo(noise(12, 13));
  }

  @Test
  void anOverlapBelowTheTileIsNeeded() {
    assertThatThrownBy(() -> new ImageRestorer(UNTRAINED).overlapping(12).inBatchesOf(1))
        .hasMessageContaining("expected an overlap of 0 to 11")
        .hasMessageContaining("got 12");
  }

  @ParameterizedTest
  @CsvSource({"48,48,12", "49,48,12", "500,48,0", "481,48,24", "97,12,11"})
  void weightsSumToOneAtEveryPixel(int length, int side, int overlap) {
    Tiling tiling = new Tiling(length, side, overlap);
    float[] sums = new float[length * 2];
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      float[] weights = tiling.weights(tile, 2);
      for (int i = 0; i < weights.length; i++) {
        sums[tiling.start(tile) * 2 + i] += weights[i];
      }
      if (tile > 0) {
        assertThat(tiling.start(tile - 1) + side - tiling.start(tile))
            .isGreaterThanOrEqualTo(overlap);
      }
    }
    for (float sum : sums) {
      assertThat(sum).isBetween(0.99999f, 1.00001f);
    }
  }

  /** The rims of what was cut out: colours under opacity 0 are nobody's business. */
  @ParameterizedTest
  @CsvSource({"false, denoise30", "true, denoise30", "false, x2"})
  void hiddenColoursReachNoVisiblePixel(boolean ensemble, String task) {
    RandomGenerator random = Randomness.at(5);
    BufferedImage cutOut = new BufferedImage(30, 26, BufferedImage.TYPE_INT_ARGB);
    BufferedImage other = new BufferedImage(30, 26, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 30 * 26; i++) {
      int y = i / 30;
      int x = i % 30;
      int alpha = x < 11 || y > 20 ? 0 : x < 13 ? 100 : 255;
      cutOut.setRGB(x, y, alpha << 24 | random.nextInt(1 << 24));
      other.setRGB(x, y, alpha == 0 ? random.nextInt(1 << 24) : cutOut.getRGB(x, y));
    }
    IptModel model = random();
    ImageRestorer plain = new ImageRestorer(model).overlapping(3).inBatchesOf(4);
    ImageRestorer restorer = ensemble ? plain.ensembling() : plain;
    BufferedImage restored = restorer.restore(model.task(task), cutOut);
    BufferedImage same = restorer.restore(model.task(task), other);
    int width = restored.getWidth();
    assertThat(restored.getRGB(0, 0, width, restored.getHeight(), null, 0, width))
        .isEqualTo(same.getRGB(0, 0, width, same.getHeight(), null, 0, width));
  }

  /**
   * With every tap but the middle ones zero, and a body that adds nothing, the network works on
   * each pixel by itself: no tile can know where it was cut.
   */
  @ParameterizedTest
  @CsvSource({"1,0", "1,3", "1,11", "2,0", "2,5", "3,3", "4,6"})
  void tiledIsUntiledForACovariantModel(int scale, int overlap) {
    Task task = new Task("any", scale);
    Image image = noise(36, 36);
    float[] whole = raw(new ImageRestorer(pointwise(36, task)), task, image);
    float[] tiled =
        raw(
            new ImageRestorer(pointwise(12, task)).overlapping(overlap).inBatchesOf(7),
            task,
            image);
    assertThat(tiled).hasSize(3 * 36 * scale * 36 * scale);
    for (int i = 0; i < whole.length; i++) {
      assertThat(tiled[i]).isCloseTo(whole[i], within(1e-3f * (1 + Math.abs(whole[i]))));
    }
    assertThat(Math.abs(whole[5] - image.at(0, 0, 5))).as("it does something").isGreaterThan(1);
  }

  private static IptModel pointwise(int side, Task task) {
    IptModel model =
        IptModel.create(
            new IptConfig(4, side, 3, 4, 1, 1, DecoderForm.MEMORY, 255, false), List.of(task), 5);
    for (Parameter parameter : model.values().layout().parameters()) {
      RandomGenerator random = Randomness.at(parameter.name().hashCode());
      long[] shape = parameter.shape();
      boolean kept = shape.length == 4 && !parameter.name().contains("body");
      long taps = kept ? shape[2] * shape[3] : 1;
      float[] numbers = new float[Math.toIntExact(parameter.length())];
      for (int i = 0; i < numbers.length; i++) {
        boolean middle = kept && i % taps == taps / 2;
        numbers[i] = middle ? (float) random.nextGaussian() / 4 : 0;
      }
      model.values().write(parameter, numbers);
    }
    return model;
  }

  /** Of a network whose every output depends on every pixel of its tile. */
  @Test
  void aSmallImageIsMirroredAtItsEdges() {
    int[] rows = {0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 0, 1};
    int[] columns = {0, 1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2};
    Image small = noise(5, 7);
    float[] mirrored = new float[3 * 12 * 12];
    for (int i = 0; i < mirrored.length; i++) {
      mirrored[i] = small.at(i / 144, rows[i / 12 % 12], columns[i % 12]);
    }
    float[] tile = random().restoreTiles(DOUBLE, mirrored, 1);
    float[] restored = raw(new ImageRestorer(random()), DOUBLE, small);
    assertThat(restored).hasSize(3 * 10 * 14);
    for (int i = 0; i < restored.length; i++) {
      int place = (i / 140 * 24 + i / 14 % 10) * 24 + i % 14;
      assertThat(restored[i]).isCloseTo(tile[place], within(1e-3f));
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, 3e38f})
  void aResultThatIsNotFiniteStopsAndLeavesNoFile(float weight, @TempDir Path folder)
      throws IOException {
    IptModel model = random();
    for (Parameter parameter : model.values().layout().parameters()) {
      if (parameter.name().equals("tail.1.1.weight")) {
        float[] numbers = model.values().read(parameter);
        numbers[5] = weight;
        model.values().write(parameter, numbers);
      }
    }
    ImageRestorer plain = new ImageRestorer(model).overlapping(3).inBatchesOf(2);
    ImageRestorer restorer = weight > 0 ? plain.ensembling() : plain;
    Path file = folder.resolve("degraded.png");
    ImageFiles.write(noise(20, 30), file);
    Path target = folder.resolve("restored.png");
    assertThatThrownBy(() -> restorer.restore(DOUBLE, file, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("task x2: the network's result is ");
    assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    assertThat(restorer.restore(SAME, noise(5, 5)).height()).as("other tasks").isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,500", "47,49", "48,48", "481,321"})
  void anySizeAtEveryScale(int height, int width) {
    List<Task> tasks =
        List.of(new Task("a", 1), new Task("b", 2), new Task("c", 3), new Task("d", 4));
    // untrained: bicubic enlargement, tile by tile; of a smooth image a tile's edge shows little
    IptModel model = IptModel.create(IptConfig.preset("nano"), tasks, 1);
    float[] smooth = new float[3 * height * width];
    for (int i = 0; i < smooth.length; i++) {
      smooth[i] = 40 + i / (height * width) * 20 + (i / width % height + i % width) / 8f;
    }
    Image image = new Image(height, width, smooth);
    for (Task task : tasks) {
      int scale = task.scale();
      Image restored =
          new ImageRestorer(model).overlapping(3).inBatchesOf(256).restore(task, image);
      assertThat(restored.height()).isEqualTo(height * scale);
      assertThat(restored.width()).isEqualTo(width * scale);
      assertThat(Metrics.psnr(restored, Bicubic.enlarge(image, scale), Metrics.Channels.RGB, 0))
          .isGreaterThan(48);
    }
  }

  @Test
  void rowsAreTakenAndGivenAsTheyAreNeeded() {
    Image image = noise(200, 30);
    int[] taken = new int[1];
    Rows counted =
        new Rows() {
          private final Rows rows = image.rows();

          @Override
          public int height() {
            return rows.height();
          }

          @Override
          public int width() {
            return rows.width();
          }

          @Override
          public void next(float[] target) {
            rows.next(target);
            taken[0]++;
          }
        };
    int overlap = 3;
    int ahead = 12 + (12 - overlap); // the tiles at work, and those of another pass
    Rows restored =
        new ImageRestorer(UNTRAINED)
            .overlapping(overlap)
            .inBatchesOf(2)
            .restore(DOUBLE, counted, (done, all) -> {});
    assertThat(taken[0]).isZero();
    float[] row = new float[3 * 60];
    for (int y = 0; y < 400; y++) {
      restored.next(row);
      assertThat(taken[0]).isBetween(y / 2 + 1, y / 2 + 1 + ahead);
    }
    assertThatThrownBy(() -> restored.next(row)).hasMessage("all 400 rows were given");
  }

  @Test
  void passesGiveEachProcessorAsManyTilesAndEndWithTheRowOnlyInWideImages() {
    for (int batch : new int[] {6, 7, 8}) {
      List<Integer> done = tilesDone(batch);
      int pass = done.get(0);
      assertThat(pass).isLessThanOrEqualTo(batch);
      assertThat(pass % Math.min(batch, Workers.count())).isZero();
      assertThat(done.get(1)).isEqualTo(Math.min(15, 2 * pass));
      assertThat(done.get(done.size() - 1)).isEqualTo(15);
    }
    assertThat(tilesDone(4)).contains(5, 10, 15);
  }

  private static List<Integer> tilesDone(int batch) {
    List<Integer> done = new ArrayList<>();
    Image image = noise(30, 48); // 3 rows of 5 tiles
    Rows restored =
        new ImageRestorer(UNTRAINED)
            .overlapping(3)
            .inBatchesOf(batch)
            .restore(DOUBLE, image.rows(), (tiles, all) -> done.add(tiles));
    float[] row = new float[3 * 96];
    for (int y = 0; y < 60; y++) {
      restored.next(row);
    }
    return done;
  }

  /** Of 12×12 pixels, restored 8 times as high and wide: 27648 values. */
  @Test
  void whatNoArrayHoldsIsRefusedBeforeAnythingIsRestored() {
    Task large = new Task("x8", 8);
    IptModel model = IptModel.create(IptConfig.preset("nano"), List.of(large), 1);
    ImageRestorer restorer = new ImageRestorer(model).overlapping(0).inBatchesOf(80_000);
    String message =
        " tiles is too large for memory: restored to 96×96 pixels, an array holds at"
            + " most 77672";
    assertThatThrownBy(() -> restorer.restore(large, unread(12, 12 * 80_000), (done, all) -> {}))
        .hasMessage("a batch of 80000" + message);
    assertThat(restorer.restore(large, unread(12, 12 * 77_672), (done, all) -> {}).width())
        .as("fewer tiles than a batch")
        .isEqualTo(96 * 77_672);
    assertThatThrownBy(() -> model.restoreTiles(large, new float[3 * 144 * 77_673], 77_673))
        .hasMessage("a batch of 77673" + message);
    assertThatThrownBy(() -> restorer.restore(large, unread(5, 90_000_000), (done, all) -> {}))
        .hasMessageStartingWith("5×90000000 pixels (height×width), restored 8 times as high")
        .hasMessageContaining("at most 2147483631 values");
    assertThatThrownBy(() -> restorer.restore(large, unread(300_000_000, 5), (done, all) -> {}))
        .hasMessageStartingWith("300000000×5 pixels");
  }

  private static Rows unread(int height, int width) {
    return new Rows() {
      @Override
      public int height() {
        return height;
      }

      @Override
      public int width() {
        return width;
      }

      @Override
      public void next(float[] target) {
        throw new AssertionError("nothing is to be read");
      }
    };
  }

  @Test
  void ensembleIsTheMeanOfAllTurns() {
    IptModel model = random();
    Image image = noise(12, 12);
    float[] mean = new float[3 * 24 * 24];
    for (int turn = 0; turn < 8; turn++) {
      boolean mirrored = turn >= 4;
      int quarters = turn % 4;
      Image turned = image.turned(mirrored, quarters);
      Image restored = new Image(24, 24, raw(new ImageRestorer(model), DOUBLE, turned));
      float[] back = restored.turned(mirrored, mirrored ? quarters : 4 - quarters).pixels();
      for (int i = 0; i < mean.length; i++) {
        mean[i] += back[i] / 8;
      }
    }
    float[] ensemble =
        raw(new ImageRestorer(model).overlapping(3).inBatchesOf(4).ensembling(), DOUBLE, image);
    float[] once = raw(new ImageRestorer(model), DOUBLE, image);
    double difference = 0;
    for (int i = 0; i < mean.length; i++) {
      assertThat(ensemble[i]).isCloseTo(mean[i], within(0.01f));
      difference = Math.max(difference, Math.abs(ensemble[i] - once[i]));
    }
    assertThat(difference).as("turns make a difference").isGreaterThan(1);
  }

  // a network of random weights, so that every tap matters
  private static IptModel random() {
    return IptModel.create(
        new IptConfig(4, 12, 3, 4, 1, 1, DecoderForm.MEMORY, 255, false), List.of(SAME, DOUBLE), 1);
  }

  /**
   * To the bit again, also beside other threads; to a level elsewhere, with more or fewer cores.
   */
  @Test
  void aFixedModelGivesTheGoldenImage() throws Exception {
    Image leaves = new DeadLeaves(4, 1, 25, 37).image(0);
    ImageRestorer restorer = new ImageRestorer(random()).overlapping(3).inBatchesOf(16);
    Image restored = restorer.restore(DOUBLE, leaves);
    List<Image> beside =
        IntStream.range(0, 4).parallel().mapToObj(i -> restorer.restore(DOUBLE, leaves)).toList();
    assertThat(beside).allSatisfy(image -> assertThat(image).isEqualTo(restored));
    assertWithinOneLevel(restored, ImageFiles.read(GoldenFiles.file("restored.png")));
    Blas blas = Nd4j.factory().blas();
    int threads = blas.getMaxThreads();
    try {
      for (int count : new int[] {1, 2, 3}) {
        blas.setMaxThreads(count);
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(count);
        assertWithinOneLevel(restorer.restore(DOUBLE, leaves), restored);
      }
    } finally {
      blas.setMaxThreads(threads);
      NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    }
  }

  private static void assertWithinOneLevel(Image actual, Image expected) {
    assertThat(actual.height()).isEqualTo(expected.height());
    float[] a = actual.pixels();
    float[] b = expected.pixels();
    for (int i = 0; i < b.length; i++) {
      assertThat(a[i]).isBetween(b[i] - 1, b[i] + 1);
    }
  }

  @Test
  void bufferedImagesStayAsTheyAre() {
    BufferedImage deep = new BufferedImage(20, 9, BufferedImage.TYPE_USHORT_GRAY);
    RandomGenerator random = Randomness.at(6);
    int[] values = random.ints(180, 0, 1 << 16).toArray();
    deep.getRaster().setPixels(0, 0, 20, 9, values);
    BufferedImage restored = new ImageRestorer(UNTRAINED).restore(SAME, deep);
    assertThat(restored.getColorModel().getNumComponents()).isEqualTo(1);
    assertThat(restored.getRaster().getPixels(0, 0, 20, 9, (int[]) null)).isEqualTo(values);
    BufferedImage clear = new BufferedImage(20, 9, BufferedImage.TYPE_INT_ARGB);
    clear.setRGB(3, 4, 0x7F_10_20_30);
    assertThat(new ImageRestorer(UNTRAINED).restore(SAME, clear).getRGB(3, 4))
        .isEqualTo(0x7F_10_20_30);
    assertThat(new ImageRestorer(UNTRAINED).restore(DOUBLE, clear).getHeight()).isEqualTo(18);
  }

  @Test
  void filesAreRestoredWithTheirOpacity(@TempDir Path folder) throws Exception {
    BufferedImage clear = new BufferedImage(20, 13, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 260; i++) {
      clear.setRGB(i % 20, i / 20, (i % 256) << 24 | 0x40_60_80);
    }
    Path file = folder.resolve("clear.png");
    ImageIO.write(clear, "png", file.toFile());
    Path target = folder.resolve("new/large.tif");
    new ImageRestorer(UNTRAINED).restore(DOUBLE, file, target);
    BufferedImage large = ImageIO.read(target.toFile());
    assertThat(large.getWidth()).isEqualTo(40);
    assertThat(large.getRGB(20, 12) & 0xFFFFFF).isEqualTo(0x40_60_80);
    assertThat(large.getRGB(20, 12) >>> 24).isBetween(125, 135); // pixel (10, 6) is 130
  }

  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void cancellingLeavesNothing(ImageFormat format, @TempDir Path folder) throws Exception {
    Picture picture = Picture.of(new BufferedImage(60, 60, BufferedImage.TYPE_INT_RGB));
    ImageRestorer restorer = new ImageRestorer(UNTRAINED).overlapping(3).inBatchesOf(2);
    Path target = folder.resolve("restored." + format.extension());
    assertThatThrownBy(
            () ->
                restorer.restore(
                    SAME,
                    picture,
                    target,
                    format,
                    (done, all) -> {
                      throw new CancellationException("enough");
                    }))
        .isInstanceOf(CancellationException.class)
        .hasMessage("enough");
    try {
      assertThatThrownBy(
              () ->
                  restorer.restore(
                      SAME, picture, target, format, (d, a) -> Thread.currentThread().interrupt()))
          .isInstanceOf(CancellationException.class)
          .hasMessage("restoring was interrupted");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      assertThatThrownBy(() -> restorer.restore(SAME, noise(20, 20)))
          .isInstanceOf(CancellationException.class);
    } finally {
      Thread.interrupted();
    }
    assertThat(folder).isEmptyDirectory();
  }

  // neither clipped nor rounded
  private static float[] raw(ImageRestorer restorer, Task task, Image image) {
    Rows rows = restorer.restore(task, image.rows(), (done, all) -> {});
    float[] pixels = new float[3 * rows.height() * rows.width()];
    float[] row = new float[3 * rows.width()];
    for (int y = 0; y < rows.height(); y++) {
      rows.next(row);
      for (int c = 0; c < 3; c++) {
        System.arraycopy(
            row, c * rows.width(), pixels, (c * rows.height() + y) * rows.width(), rows.width());
      }
    }
    return pixels;
  }

  private static Image noise(int height, int width) {
    RandomGenerator random = Randomness.at(height, width);
    float[] pixels = new float[3 * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    return new Image(height, width, pixels);
  }
}
