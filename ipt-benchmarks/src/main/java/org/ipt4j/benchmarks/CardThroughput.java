package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.ipt4j.core.Adam;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Losses;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Profile;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.cuda.Arithmetic;
import org.ipt4j.cuda.Cuda;
import org.ipt4j.cuda.CudaSettings;
import org.ipt4j.data.image.Image;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;

/**
 * Patches a second on a card, whose batch is there already: a training step (forward, L1, backward,
 * Adam) and a forward pass; and a picture of 512×512 ×2 from pixels to pixels. Arguments: cases as
 * {@code tiny:256}, arithmetics, {@code profile}, and {@code libraries=DIR}. The memory is that of
 * the whole card by {@code nvidia-smi}, its context included.
 */
final class CardThroughput {
  private static final Task TASK = Task.undoing("x2");
  private static final double SECONDS = 1.5; // of a measurement
  private static final int RUNS = 3;

  private final IptModel model;
  private final Device device;
  private final ParameterVector gradients;
  private final ParameterVector means;
  private final ParameterVector squares;
  private final Array degraded;
  private final Array clean;
  private int steps;

  private CardThroughput(String preset, int batch, Device device) {
    this.device = device;
    IptConfig config = IptConfig.preset(preset);
    model = IptModel.create(config, List.of(TASK), TaskLayers.PUBLISHED, 1, device);
    gradients = ParameterVector.zeros(model.values().layout(), device);
    means = ParameterVector.zeros(model.values().layout(), device);
    squares = ParameterVector.zeros(model.values().layout(), device);
    degraded = noise(batch, config.imageSide());
    clean = noise(batch, config.imageSide() * TASK.scale());
  }

  private Array noise(int batch, int side) {
    float[] numbers = new float[batch * 3 * side * side];
    Random random = new Random(1);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = 255 * random.nextFloat();
    }
    Array array = device.permanent(batch, 3, side, side);
    device.write(numbers, 0, array);
    return array;
  }

  private void train() {
    steps++;
    device.fill(gradients.flat(), 0);
    try (Tape tape = Tape.training(model.values(), gradients)) {
      Variable restored = model.forward(tape, TASK, tape.constant(degraded)).restored();
      tape.backward(Losses.l1(tape, restored, tape.constant(clean)));
    }
    device.adam(
        new Adam(1e-4, 0.9, 0.999, 1e-8, steps),
        model.values().flat(),
        gradients.flat(),
        means.flat(),
        squares.flat());
  }

  private void restore() {
    try (Tape tape = Tape.inference(model.values())) {
      model.forward(tape, TASK, tape.constant(degraded));
    }
  }

  /** The median over some runs of the seconds of one call. */
  private double seconds(Runnable work) {
    double[] runs = new double[RUNS];
    for (int i = 0; i < 3; i++) {
      work.run();
    }
    for (int run = 0; run < RUNS; run++) {
      device.await();
      long begin = System.nanoTime();
      int count = 0;
      double passed;
      do {
        for (int i = 0; i < 5; i++) {
          work.run();
          count++;
        }
        device.await();
        passed = (System.nanoTime() - begin) / 1e9;
      } while (passed < SECONDS / RUNS);
      runs[run] = passed / count;
    }
    Arrays.sort(runs);
    return runs[RUNS / 2];
  }

  /** MiB of the card that are taken, by everybody. */
  private static String memory() {
    try {
      Process query =
          new ProcessBuilder(
                  "nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits")
              .start();
      return new String(query.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    } catch (IOException unknown) {
      return "?";
    }
  }

  private void picture() {
    float[] pixels = new float[3 * Case.PICTURE_SIDE * Case.PICTURE_SIDE];
    Random random = new Random(2);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    Image image = new Image(Case.PICTURE_SIDE, Case.PICTURE_SIDE, pixels);
    new ImageRestorer(model).restore(TASK, image);
  }

  private static void profile(String what, Runnable work) {
    Profile profile = Profile.begin();
    for (int i = 0; i < 5; i++) {
      work.run();
    }
    profile.end();
    for (Profile.Line line : profile.lines()) {
      System.out.printf(
          Locale.ROOT,
          "  %s %-14s %4d calls, forward %7.2f ms, backward %7.2f ms, %6.1f TFLOP/s%n",
          what,
          line.operation(),
          line.forwards() / 5,
          line.forwardSeconds() * 200,
          line.backwardSeconds() * 200,
          2 * line.multiplications() / line.seconds() / 1e12);
    }
  }

  /** Measures. */
  public static void main(String[] args) {
    List<String> given = List.of(args);
    Path[] folders =
        given.stream()
            .filter(a -> a.startsWith("libraries="))
            .map(a -> Path.of(a.substring("libraries=".length())))
            .toArray(Path[]::new);
    for (String of : given.stream().filter(a -> a.contains(":")).toList()) {
      String preset = of.split(":")[0];
      int batch = Integer.parseInt(of.split(":")[1]);
      for (Arithmetic arithmetic : Arithmetic.values()) {
        if (!given.contains(arithmetic.name())) {
          continue;
        }
        Device device = Cuda.device(CudaSettings.of(arithmetic).searching(folders));
        CardThroughput subject = new CardThroughput(preset, batch, device);
        double train = subject.seconds(subject::train);
        String taken = memory();
        double restore = subject.seconds(subject::restore);
        double picture = subject.seconds(subject::picture);
        System.out.printf(
            Locale.ROOT,
            "%s b%d %s: training %.2f ms, %.0f patches/s, card %s MiB; restoring %.2f ms,"
                + " %.0f patches/s; picture %.0f ms%n",
            preset,
            batch,
            arithmetic,
            train * 1e3,
            batch / train,
            taken,
            restore * 1e3,
            batch / restore,
            picture * 1e3);
        if (given.contains("profile")) {
          profile("train", subject::train);
          profile("restore", subject::restore);
        }
        Tape.releaseMemory();
      }
    }
  }
}
