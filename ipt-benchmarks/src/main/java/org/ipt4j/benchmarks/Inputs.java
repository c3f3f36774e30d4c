package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.Randomness;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.onnx.OnnxExport;
import org.ipt4j.onnx.Opset;

/**
 * What every engine of a case gets: pixels, and the weights as a file of numbers beside a file of
 * names and shapes, so that no engine needs another's libraries to read them.
 */
final class Inputs {
  static final List<Task> TASKS = List.of(new Task("x2", Case.SCALE));

  /** The file for ONNX Runtime, in the form that it runs fastest. */
  static final String ONNX = "x2.onnx";

  /** Where a parameter lies in the file of numbers. */
  record Place(int offset, long[] shape) {
    int length() {
      return (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }
  }

  private Inputs() {}

  /** Pixels of noise, [count,3,side,side] in 0..255; the same for the same arguments. */
  static float[] pixels(int count, int side) {
    RandomGenerator random = Randomness.at(count, side);
    float[] pixels = new float[count * 3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    return pixels;
  }

  /** Writes the weights of a fresh model; parameters that start at a constant get some noise. */
  static void writeWeights(Case of, Path folder) throws IOException {
    IptModel model = IptModel.create(of.config, TASKS, 1);
    List<String> places = new ArrayList<>();
    RandomGenerator random = Randomness.at(2);
    for (Parameter parameter : model.values().layout().parameters()) {
      places.add(
          parameter.name() + " " + Arrays.toString(parameter.shape()).replaceAll("[\\[\\],]", ""));
      float[] values = model.values().read(parameter);
      if (areEqual(values)) {
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (values[i] + 0.02 * random.nextGaussian());
        }
        model.values().write(parameter, values);
      }
    }
    int length = Math.toIntExact(model.values().layout().length());
    ByteBuffer bytes = ByteBuffer.allocate(4 * length).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer numbers = bytes.asFloatBuffer();
    for (Parameter parameter : model.values().layout().parameters()) {
      numbers.put(model.values().read(parameter));
    }
    Files.write(folder.resolve("weights"), bytes.array());
    Files.write(folder.resolve("places"), places);
    new OnnxExport(model).in(Opset.V23).write(TASKS.get(0), folder.resolve(ONNX));
  }

  private static boolean areEqual(float[] values) {
    for (float value : values) {
      if (value != values[0]) {
        return false;
      }
    }
    return true;
  }

  /** All weights in the order of {@link #places}. */
  static FloatBuffer weights(Path folder) throws IOException {
    try (FileChannel channel =
        FileChannel.open(folder.resolve("weights"), StandardOpenOption.READ)) {
      return channel
          .map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer();
    }
  }

  /** Names and shapes, in the order of the weights. */
  static Map<String, Place> places(Path folder) throws IOException {
    Map<String, Place> places = new LinkedHashMap<>();
    int offset = 0;
    for (String line : Files.readAllLines(folder.resolve("places"))) {
      String[] words = line.split(" ");
      long[] shape = Arrays.stream(words).skip(1).mapToLong(Long::parseLong).toArray();
      Place place = new Place(offset, shape);
      places.put(words[0], place);
      offset += place.length();
    }
    return places;
  }
}
