package org.ipt4j.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;

/**
 * What the tiles' overlap buys: PSNR, the error next to tiles' edges over the error elsewhere, and
 * time. Arguments: a model, a task, a folder of clean images, how many of them.
 */
final class OverlapCurve {
  private static final int[] EIGHTHS = {0, 1, 2, 3, 4};

  private OverlapCurve() {}

  /** Prints a table. */
  public static void main(String[] arguments) throws IOException {
    IptModel model = IptModel.load(Path.of(arguments[0]));
    Task task = model.task(arguments[1]);
    ImageSource images = ImageSource.open(Path.of(arguments[2]));
    int count = Math.min(images.size(), Integer.parseInt(arguments[3]));
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    System.out.println(
        "| overlap | tiles | PSNR (dB) | error at edges / elsewhere | CPU s | wall s |");
    System.out.println("|---|---|---|---|---|---|");
    for (int turn = -1; turn < EIGHTHS.length; turn++) { // the first only warms up
      int overlap = model.config().imageSide() * EIGHTHS[Math.max(0, turn)] / 8;
      ImageRestorer restorer = new ImageRestorer(model).overlapping(overlap);
      double psnr = 0;
      double sum = 0;
      double squares = 0;
      long tiles = 0;
      long cpu = 0;
      long wall = 0;
      for (int i = 0; i < count; i++) {
        Image clean = images.image(i).croppedToMultiple(task.scale());
        Degradation degradation = Degradation.parse(task.degradation());
        Image degraded = degradation.apply(clean, Randomness.at(1, i)).quantised();
        cpu -= system.getProcessCpuTime();
        wall -= System.nanoTime();
        Image restored = restorer.restore(task, degraded);
        cpu += system.getProcessCpuTime();
        wall += System.nanoTime();
        tiles += restorer.tiles(degraded.height(), degraded.width());
        psnr += Metrics.psnr(restored, clean, Metrics.Channels.RGB, task.scale()) / count;
        double ratio = Math.log(edgeRatio(restored, clean, model, task, overlap));
        sum += ratio;
        squares += ratio * ratio;
      }
      double mean = sum / count;
      double error = Math.sqrt(Math.max(0, squares / count - mean * mean) / (count - 1));
      if (turn >= 0) {
        System.out.printf(
            Locale.ROOT,
            "| %d | %d | %.3f | %.3f ± %.3f | %.1f | %.1f |%n",
            overlap,
            tiles,
            psnr,
            Math.exp(mean),
            error,
            cpu / 1e9,
            wall / 1e9);
      }
    }
  }

  private static double edgeRatio(
      Image restored, Image clean, IptModel model, Task task, int overlap) {
    boolean[] rows = edges(clean.height(), model.config().imageSide(), task.scale(), overlap);
    boolean[] columns = edges(clean.width(), model.config().imageSide(), task.scale(), overlap);
    double[] sums = new double[2];
    long[] counts = new long[2];
    for (int c = 0; c < Image.CHANNELS; c++) {
      for (int y = 0; y < clean.height(); y++) {
        for (int x = 0; x < clean.width(); x++) {
          double difference = restored.at(c, y, x) - clean.at(c, y, x);
          int zone = rows[y] || columns[x] ? 1 : 0;
          sums[zone] += difference * difference;
          counts[zone]++;
        }
      }
    }
    return sums[1] / counts[1] / (sums[0] / counts[0]);
  }

  // pixels on either side of where a tile begins or ends within the image
  private static boolean[] edges(int length, int side, int scale, int overlap) {
    boolean[] edge = new boolean[length];
    int degraded = length / scale;
    for (int start = 0; ; start += side - overlap) {
      int from = Math.min(start, Math.max(0, degraded - side));
      for (int at : new int[] {from * scale, (from + side) * scale}) {
        if (at > 0 && at < length) {
          edge[at - 1] = true;
          edge[at] = true;
        }
      }
      if (from < start || from + side >= degraded) {
        return edge;
      }
    }
  }
}
