package org.ipt4j.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The tensors of a published checkpoint that hold nothing learned: the mean shifts, which are
 * convolutions there, and the numbers of the tokens.
 */
final class PublishedConstants {
  static final String POSITION_IDS = "body.position_encoding.position_ids";

  private static final String SUBTRACT = "sub_mean";
  private static final String ADD = "add_mean";

  /** How far a file's may be off, relatively: those of half precision are by 5e-4. */
  private static final double TOLERANCE = 1e-3;

  private PublishedConstants() {}

  static boolean isOne(String name) {
    return name.startsWith(SUBTRACT + ".")
        || name.startsWith(ADD + ".")
        || name.equals(POSITION_IDS);
  }

  /** As the published code makes them for a network of this size. */
  static Map<String, INDArray> tensors(IptConfig config) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    int colours = IptNetwork.RGB_MEAN.length;
    for (String shift : List.of(SUBTRACT, ADD)) {
      float factor = (float) ((shift.equals(ADD) ? 1 : -1) * config.rgbRange());
      tensors.put(
          shift + ".weight",
          Nd4j.eye(colours).castTo(DataType.FLOAT).reshape('c', colours, colours, 1, 1));
      tensors.put(
          shift + ".bias",
          Nd4j.createFromArray(IptNetwork.RGB_MEAN).castTo(DataType.FLOAT).muli(factor));
    }
    int tokens = config.transformer().tokens();
    tensors.put(POSITION_IDS, Nd4j.arange(tokens).castTo(DataType.INT64).reshape('c', 1, tokens));
    return tensors;
  }

  /**
   * What white is in the network of a file, by its mean shifts; nothing if it has none.
   *
   * @param prefix of all names in the file
   * @throws CorruptWeightsException if they do anything else than to subtract and add the mean
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
    if (ranges.isEmpty()) {
      return OptionalDouble.empty();
    }
    double range = ranges.get(0);
    if (ranges.size() == 2 && !isClose(ranges.get(1), range)) {
      throw new CorruptWeightsException(
          file.path(), 0, "the mean is subtracted and added for two RGB ranges, " + ranges);
    }
    return OptionalDouble.of(isClose(Math.rint(range), range) ? Math.rint(range) : range);
  }

  private static void requireIdentity(TensorFile file, String name) throws IOException {
    int colours = IptNetwork.RGB_MEAN.length;
    INDArray weight = Nd4j.createUninitialized(DataType.DOUBLE, colours, colours, 1, 1);
    file.readInto(name, weight);
    double[] elements = weight.reshape(weight.length()).toDoubleVector();
    for (int i = 0; i < elements.length; i++) {
      if (elements[i] != (i % (colours + 1) == 0 ? 1 : 0)) {
        throw new CorruptWeightsException(
            file.path(), 0, name + ": expected the identity, got " + Arrays.toString(elements));
      }
    }
  }

  private static double range(TensorFile file, String name, int sign) throws IOException {
    INDArray bias = Nd4j.createUninitialized(DataType.DOUBLE, IptNetwork.RGB_MEAN.length);
    file.readInto(name, bias);
    double[] elements = bias.toDoubleVector();
    double range = sign * elements[0] / IptNetwork.RGB_MEAN[0];
    for (int i = 0; i < elements.length; i++) {
      double expected = sign * range * IptNetwork.RGB_MEAN[i];
      if (!(range > 0 && isClose(elements[i], expected))) {
        throw new CorruptWeightsException(
            file.path(),
            0,
            String.format(
                Locale.ROOT,
                "%s: expected %d × RGB range × %s, got %s",
                name,
                sign,
                Arrays.toString(IptNetwork.RGB_MEAN),
                Arrays.toString(elements)));
      }
    }
    return range;
  }

  private static boolean isClose(double actual, double expected) {
    return Math.abs(actual - expected) <= TOLERANCE * Math.abs(expected);
  }
}
