package org.ipt4j.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.ipt4j.weights.CorruptWeightsException;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;

/**
 * The tensors of a published checkpoint that hold nothing learned: the mean shifts, which are
 * convolutions there, and the indices of the tokens.
 */
final class PublishedConstants {
  static final String POSITION_IDS = "body.position_encoding.position_ids";

  private static final String SUBTRACT = "sub_mean";
  private static final String ADD = "add_mean";
  private static final int COLOURS = IptNetwork.RGB_MEAN.length;
  private static final long[] WEIGHT_SHAPE = {COLOURS, COLOURS, 1, 1};

  /** How far a file's constants may be off, relatively: those in half precision are off by 5e-4. */
  private static final double TOLERANCE = 1e-3;

  /** As above, for bfloat16, which has 8 bits: off by 2e-3 if rounded, by 4e-3 if truncated. */
  private static final double TOLERANCE_OF_BFLOAT16 = 8e-3;

  private PublishedConstants() {}

  static boolean isOne(String name) {
    return name.startsWith(SUBTRACT + ".")
        || name.startsWith(ADD + ".")
        || name.equals(POSITION_IDS);
  }

  /** The constants that the published code makes for a network of this size. */
  static Map<String, Tensor> tensors(IptConfig config) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String shift : List.of(SUBTRACT, ADD)) {
      float factor = (float) ((shift.equals(ADD) ? 1 : -1) * config.rgbRange());
      float[] bias = new float[COLOURS];
      float[] weight = new float[COLOURS * COLOURS];
      for (int c = 0; c < COLOURS; c++) {
        bias[c] = (float) IptNetwork.RGB_MEAN[c] * factor;
        weight[c * COLOURS + c] = 1;
      }
      tensors.put(shift + ".weight", Tensor.of(WEIGHT_SHAPE, numbers -> copy(weight, numbers)));
      tensors.put(shift + ".bias", Tensor.of(new long[] {COLOURS}, numbers -> copy(bias, numbers)));
    }
    int tokens = config.transformer().tokens();
    tensors.put(
        POSITION_IDS,
        Tensor.ofLongs(new long[] {1, tokens}, LongStream.range(0, tokens).toArray()));
    return tensors;
  }

  private static void copy(float[] from, float[] to) {
    System.arraycopy(from, 0, to, 0, to.length);
  }

  /**
   * The value of white in a file's network, found in its mean shifts; empty if it has none.
   *
   * @param prefix of all names in the file
   * @throws CorruptWeightsException if they do anything else than subtract and add the mean
   */
  static OptionalDouble rgbRange(TensorFile file, String prefix) throws IOException {
    List<Double> ranges = new ArrayList<>();
    for (String shift : List.of(SUBTRACT, ADD)) {
      String name = prefix + shift;
      if (file.names().contains(name + ".weight")) {
        requireIdentity(file, name + ".weight");
      }
      if (file.names().contains(name + ".bias")) {
        ranges.add(range(file, name + ".bias", shift.equals(ADD) ? 1 : -1));
      }
    }
    if (ranges.size() == 2 && !ranges.get(0).equals(ranges.get(1))) {
      throw new CorruptWeightsException(
          file.path(), 0, "the mean is subtracted and added for two RGB ranges, " + ranges);
    }
    return ranges.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(ranges.get(0));
  }

  private static double[] bias(TensorFile file, String name) throws IOException {
    file.requireShape(name, COLOURS);
    return file.readDoubles(name);
  }

  /**
   * The tolerance, judged by the numbers themselves: what was bfloat16 once may have been widened.
   */
  private static double tolerance(double[] bias) {
    boolean bfloat16 =
        Arrays.stream(bias)
            .allMatch(x -> (float) x == x && (short) Float.floatToRawIntBits((float) x) == 0);
    return bfloat16 ? TOLERANCE_OF_BFLOAT16 : TOLERANCE;
  }

  private static void requireIdentity(TensorFile file, String name) throws IOException {
    file.requireShape(name, WEIGHT_SHAPE);
    double[] elements = file.readDoubles(name);
    for (int i = 0; i < elements.length; i++) {
      if (elements[i] != (i % (COLOURS + 1) == 0 ? 1 : 0)) {
        throw new CorruptWeightsException(
            file.path(), 0, name + ": expected the identity, got " + Arrays.toString(elements));
      }
    }
  }

  private static double range(TensorFile file, String name, int sign) throws IOException {
    double[] bias = bias(file, name);
    double tolerance = tolerance(bias);
    double range = sign * Arrays.stream(bias).sum() / Arrays.stream(IptNetwork.RGB_MEAN).sum();
    for (int i = 0; i < bias.length; i++) {
      double expected = sign * range * IptNetwork.RGB_MEAN[i];
      if (!(range > 0 && isClose(bias[i], expected, tolerance))) {
        throw new CorruptWeightsException(
            file.path(),
            0,
            String.format(
                Locale.ROOT,
                "%s: expected %d × RGB range × %s, got %s",
                name,
                sign,
                Arrays.toString(IptNetwork.RGB_MEAN),
                Arrays.toString(bias)));
      }
    }
    return DoubleStream.of(255, 1, Math.rint(range)) // those in use come first
        .filter(likely -> isClose(range, likely, tolerance))
        .findFirst()
        .orElse(range);
  }

  private static boolean isClose(double actual, double expected, double tolerance) {
    return Math.abs(actual - expected) <= tolerance * Math.abs(expected);
  }
}
