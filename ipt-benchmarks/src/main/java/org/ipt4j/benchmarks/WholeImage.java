package org.ipt4j.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.Picture;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;

/**
 * How many tiles a second the network alone takes, in passes of one batch, and how many when a PNG
 * is decoded, restored and encoded: from file to file. Arguments: a preset, the scale, and the
 * image's height and width. Processor time is the measuring thread's: start it with
 * OMP_NUM_THREADS=1 for shares that count all of the work and nothing else.
 */
final class WholeImage {
  private static final int ROUNDS = 5;
  private static final int BATCH = ImageRestorer.TILES_PER_THREAD * Workers.count();

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  private WholeImage() {}

  /** A step to be timed. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  /** Prints the figures. */
  public static void main(String[] arguments) throws IOException {
    new WholeImage()
        .measure(
            arguments[0],
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]),
            Integer.parseInt(arguments[3]));
  }

  private void measure(String preset, int scale, int height, int width) throws IOException {
    Task task = new Task("task", scale);
    IptModel model = IptModel.create(IptConfig.preset(preset), List.of(task), 1);
    ImageRestorer restorer = new ImageRestorer(model);
    Path folder = Files.createTempDirectory("whole-image");
    Path file = folder.resolve("degraded.png");
    Path target = folder.resolve("restored.png");
    ImageFiles.write(new DeadLeaves(1, 1, height, width).image(0), file);
    int tiles = restorer.tiles(height, width);
    double[][] alone = new double[ROUNDS][];
    double[][] whole = new double[ROUNDS][];
    double[][] files = new double[ROUNDS][];
    Image image = ImageFiles.read(file);
    for (int round = -1; round < ROUNDS; round++) { // in turns; the first warms up
      double[] a = timed(() -> passes(model, task, tiles));
      double[] w = timed(() -> restorer.restore(task, file, target));
      // the same file work without the network: decoded, enlarged by repetition, encoded
      double[] f =
          timed(
              () -> {
                Picture picture = Picture.read(file);
                picture.writeRepainted(
                    new RepeatedRows(image.rows(), scale), target, ImageFormat.PNG);
              });
      if (round >= 0) {
        alone[round] = a;
        whole[round] = w;
        files[round] = f;
      }
    }
    Files.delete(file);
    Files.delete(target);
    Files.delete(folder);
    System.out.printf(
        Locale.ROOT,
        "%s, x%d, %d×%d: %d tiles; medians of %d rounds in turns%n",
        preset,
        scale,
        height,
        width,
        tiles,
        ROUNDS);
    print("network alone", alone, tiles, height * width);
    print("file to file", whole, tiles, height * width);
    print("decode and encode only", files, tiles, height * width);
    double[] shares = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      shares[i] = 1 - alone[i][0] / whole[i][0];
    }
    System.out.printf(
        Locale.ROOT, "CPU time beside the network: %.1f %%%n", 100 * median(shares, shares.length));
  }

  private static void print(String what, double[][] seconds, int tiles, double pixels) {
    double cpu = median(Arrays.stream(seconds).mapToDouble(s -> s[0]).toArray(), ROUNDS);
    double wall = median(Arrays.stream(seconds).mapToDouble(s -> s[1]).toArray(), ROUNDS);
    System.out.printf(
        Locale.ROOT,
        "%-24s %8.2f CPU s %8.2f s %8.1f tiles/s %8.2f s/megapixel (%.2f CPU s)%n",
        what,
        cpu,
        wall,
        tiles / wall,
        wall / pixels * 1e6,
        cpu / pixels * 1e6);
  }

  private double[] timed(Work work) throws IOException {
    long cpu = threads.getCurrentThreadCpuTime();
    long wall = System.nanoTime();
    work.run();
    return new double[] {
      (threads.getCurrentThreadCpuTime() - cpu) / 1e9, (System.nanoTime() - wall) / 1e9
    };
  }

  private static void passes(IptModel model, Task task, int tiles) {
    int side = model.config().imageSide();
    float[] pixels = new float[BATCH * Image.CHANNELS * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % 251;
    }
    for (int done = 0; done < tiles; done += BATCH) {
      int count = Math.min(BATCH, tiles - done);
      float[] some = Arrays.copyOf(pixels, count * Image.CHANNELS * side * side);
      model.restoreTiles(task, some, count);
    }
  }

  private static double median(double[] values, int count) {
    double[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted[count / 2];
  }
}
