package org.ipt4j.benchmarks;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Precision;

/**
 * One engine at one case, a process of its own.
 *
 * @param milliseconds the median of a run
 * @param processor milliseconds of processor time a run, on all cores: hardly touched by what else
 *     the machine is doing
 * @param megabytes the largest resident memory
 * @param outside bytes of ND4J's arrays outside the arenas, a run; NaN for engines of others
 * @param gemm GFLOP/s of a large matrix product alone, right after; NaN but for this library
 */
record Measurement(
    double milliseconds, double processor, double megabytes, double outside, double gemm) {
  /** How many training steps' losses are compared. */
  static final int LOSSES = 2;

  private static final double WARM_UP_SECONDS = 30; // the virtual machine compiles meanwhile
  private static final double SECONDS = 5;
  private static final int LEAST = 3;
  private static final int MOST = 40;

  /** {@code engine case folder}: measures, and says so in the last line. */
  public static void main(String[] arguments) throws IOException, ReflectiveOperationException {
    Engine engine = Engine.valueOf(arguments[0]);
    Case of = Case.valueOf(arguments[1]);
    Path folder = Path.of(arguments[2]);
    if (engine.isOfNd4j()) {
      Allocations.count();
    }
    Subject subject = engine.prepare(of, folder);
    System.gc(); // the file of weights is not the engine's memory
    float[] compared = compared(of, subject);
    ByteBuffer bytes = ByteBuffer.allocate(4 * compared.length);
    bytes.asFloatBuffer().put(compared);
    Files.write(folder.resolve(engine.name()), bytes.array());

    Runnable run = run(of, subject);
    repeat(run, new double[MOST], WARM_UP_SECONDS, 1);
    long before = engine.isOfNd4j() ? Allocations.bytes() : 0;
    double[] processor = new double[MOST];
    double[] milliseconds = repeat(run, processor, SECONDS, LEAST);
    double outside =
        engine.isOfNd4j()
            ? (double) (Allocations.bytes() - before) / milliseconds.length
            : Double.NaN;
    double peak = peakMegabytes();
    double gemm = engine == Engine.OURS ? productAlone() : Double.NaN;
    System.out.println(
        new Measurement(
                median(milliseconds),
                median(Arrays.copyOf(processor, milliseconds.length)),
                peak,
                outside,
                gemm)
            .line());
  }

  /** Restored pixels, and when training behind them the losses of the first steps. */
  private static float[] compared(Case of, Subject subject) {
    if (of.work == Case.Work.PICTURE) {
      return subject.picture(Inputs.pixels(1, Case.PICTURE_SIDE));
    }
    float[] degraded = Inputs.pixels(of.batch, of.side());
    float[] restored = subject.restore(degraded, of.batch);
    if (of.work == Case.Work.INFERENCE) {
      return restored;
    }
    float[] clean = Inputs.pixels(of.batch, of.side() * Case.SCALE);
    float[] all = Arrays.copyOf(restored, restored.length + LOSSES);
    for (int i = 0; i < LOSSES; i++) {
      all[restored.length + i] = (float) subject.train(degraded, clean);
    }
    return all;
  }

  private static Runnable run(Case of, Subject subject) {
    float[] degraded = Inputs.pixels(of.batch, of.side());
    float[] clean = Inputs.pixels(of.batch, of.side() * Case.SCALE);
    float[] picture = Inputs.pixels(1, Case.PICTURE_SIDE);
    return switch (of.work) {
      case TRAINING -> () -> subject.train(degraded, clean);
      case INFERENCE -> () -> subject.restore(degraded, of.batch);
      case PICTURE -> () -> subject.picture(picture);
    };
  }

  /** Milliseconds of each run; what they took of the processor is written to {@code processor}. */
  private static double[] repeat(Runnable run, double[] processor, double seconds, int least) {
    double[] milliseconds = new double[MOST];
    long begin = System.nanoTime();
    int runs = 0;
    while (runs < least || (runs < MOST && System.nanoTime() - begin < seconds * 1e9)) {
      long processorBefore = processorNanoseconds();
      long start = System.nanoTime();
      run.run();
      milliseconds[runs] = (System.nanoTime() - start) / 1e6;
      processor[runs++] = (processorNanoseconds() - processorBefore) / 1e6;
      System.gc(); // SameDiff's arrays are freed by the collector only, which sees no need
    }
    return Arrays.copyOf(milliseconds, runs);
  }

  /** GFLOP/s of [2048,576]·[576,2304], the median of many. */
  private static double productAlone() {
    int rows = 2048;
    int in = 576;
    int out = 4 * in;
    Device device = Device.of(Precision.FLOAT);
    Array a = device.filled(0.5, rows, in);
    Array b = device.filled(0.25, out, in);
    Array c = device.filled(0, rows, out);
    double[] milliseconds =
        repeat(() -> device.matmul(a, b.transposed(), 1, 0, c), new double[MOST], 1, MOST);
    return 2.0 * rows * in * out / median(milliseconds) / 1e6;
  }

  private String line() {
    return String.format(
        Locale.ROOT, "%.2f %.2f %.1f %.0f %.1f", milliseconds, processor, megabytes, outside, gemm);
  }

  /** What {@link #main} said. */
  static Measurement parse(String line) {
    double[] words = Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
    return new Measurement(words[0], words[1], words[2], words[3], words[4]);
  }

  /** The largest resident memory of this process so far; NaN where the system does not tell. */
  private static double peakMegabytes() throws IOException {
    Path status = new File("/proc/self/status").toPath();
    if (!Files.exists(status)) {
      return Double.NaN;
    }
    return Files.readAllLines(status, StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static long processorNanoseconds() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
