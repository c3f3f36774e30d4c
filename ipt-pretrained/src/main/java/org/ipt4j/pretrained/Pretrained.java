package org.ipt4j.pretrained;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;

/**
 * The pretrained models in this jar. They are read straight from it, and their checksums are
 * verified. {@code photographs.tsv} beside them lists the photographs they were trained on, all CC0
 * or in the public domain; the weights are under the library's licence.
 */
public final class Pretrained {
  private static final String TINY = "tiny";

  private Pretrained() {}

  /**
   * {@code tiny}: 2.8 million parameters, eight tasks ({@code x2}, {@code x3}, {@code x4}, {@code
   * denoise}, {@code jpeg}, {@code derain}, {@code photo-x2}, {@code photo-x4}), whose {@link
   * org.ipt4j.model.Task#use} says which photographs each is for. A new model each time, so that
   * one may be trained further.
   */
  public static IptModel tiny() {
    try (InputStream in = open(TINY);
        TensorFile tensors = SafeTensors.read(in, TINY)) {
      return ModelFile.load(tensors);
    } catch (IOException damaged) {
      throw new UncheckedIOException(damaged);
    }
  }

  /** The names of the models: {@code tiny}. */
  public static List<String> names() {
    return List.of(TINY);
  }

  /**
   * A model's file, for {@link SafeTensors#read}; its metadata says how the model was trained and
   * what it measures.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static InputStream open(String name) {
    InputStream file =
        names().contains(name) ? Pretrained.class.getResourceAsStream(name + ".safetensors") : null;
    if (file == null) {
      throw new IllegalArgumentException(
          "expected a pretrained model of " + String.join(", ", names()) + ", got " + name);
    }
    return file;
  }
}
