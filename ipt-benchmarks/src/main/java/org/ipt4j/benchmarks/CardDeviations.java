package org.ipt4j.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.ipt4j.core.Device;
import org.ipt4j.core.Losses;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.cuda.Arithmetic;
import org.ipt4j.cuda.Cuda;
import org.ipt4j.cuda.CudaSettings;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;

/**
 * What a card's arithmetics change, beside float32 there: restored pixels in levels of 255, and the
 * gradient of L1 by relative distance, on generated images. Argument: {@code libraries=DIR}.
 */
final class CardDeviations {
  private static final int PATCHES = 64;

  private CardDeviations() {}

  private record Result(float[] pixels, float[][] gradient) {}

  private static Result run(IptModel model, Task task, PatchBatch batch) {
    Device device = model.values().device();
    ParameterVector gradients = ParameterVector.zeros(model.values().layout(), device);
    float[] pixels = new float[batch.clean().length];
    try (Tape tape = Tape.training(model.values(), gradients)) {
      int side = batch.side();
      int large = side * batch.scale();
      Variable degraded = tape.input(batch.degraded(), 0, batch.count(), 3, side, side);
      Variable clean = tape.input(batch.clean(), 0, batch.count(), 3, large, large);
      Variable restored = model.forward(tape, task, degraded).restored();
      device.read(restored.value(), pixels, 0);
      tape.backward(Losses.l1(tape, restored, clean));
    }
    List<Parameter> parameters = gradients.layout().parameters();
    float[][] all = new float[parameters.size()][];
    for (int i = 0; i < all.length; i++) {
      all[i] = gradients.read(parameters.get(i));
    }
    return new Result(pixels, all);
  }

  private static void compare(String name, IptModel model, Task task, Path... folders) {
    Degradation degradation = Degradation.parse(task.degradation());
    PatchBatch batch =
        new Patches(
                new DeadLeaves(1, 40, 256, 256),
                degradation,
                new PatchOptions(PATCHES, model.config().imageSide(), 1))
            .batch(0);
    Result exact = null;
    for (Arithmetic arithmetic : Arithmetic.values()) {
      Device device = Cuda.device(CudaSettings.of(arithmetic).searching(folders));
      Result result = run(model.on(device), task, batch);
      if (exact == null) {
        exact = result;
        continue;
      }
      double most = 0;
      double sum = 0;
      for (int i = 0; i < result.pixels.length; i++) {
        double difference = Math.abs(result.pixels[i] - exact.pixels[i]);
        most = Math.max(most, difference);
        sum += difference;
      }
      System.out.printf(
          Locale.ROOT,
          "%s %s %s: pixels differ by %.4f at most, %.4f in the mean; gradient by %.2e%n",
          name,
          task.name(),
          arithmetic,
          most,
          sum / result.pixels.length,
          distance(result.gradient, exact.gradient));
    }
  }

  private static double distance(float[][] a, float[][] b) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[i].length; j++) {
        difference += Math.pow((double) a[i][j] - b[i][j], 2);
        length += Math.pow(b[i][j], 2);
      }
    }
    return Math.sqrt(difference / length);
  }

  /** Compares. */
  public static void main(String[] args) throws IOException {
    Path[] folders =
        List.of(args).stream()
            .map(a -> Path.of(a.substring("libraries=".length())))
            .toArray(Path[]::new);
    Device exact = Cuda.device(CudaSettings.of(Arithmetic.FLOAT32).searching(folders));
    IptModel pretrained;
    try (InputStream in = Pretrained.open("tiny");
        TensorFile tensors = SafeTensors.read(in, "tiny")) {
      pretrained = ModelFile.load(tensors, exact);
    }
    for (String task : List.of("x2", "x4", "denoise", "jpeg")) {
      compare("pretrained tiny", pretrained, pretrained.task(task), folders);
    }
    for (String preset : List.of("small", "base")) {
      Task x2 = Task.undoing("x2");
      compare(
          "random " + preset,
          IptModel.create(IptConfig.preset(preset), List.of(x2), TaskLayers.PUBLISHED, 1, exact),
          x2,
          folders);
    }
  }
}
