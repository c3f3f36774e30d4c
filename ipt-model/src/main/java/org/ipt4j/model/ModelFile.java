package org.ipt4j.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.core.Device;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Precision;
import org.ipt4j.weights.CorruptWeightsException;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;

/**
 * A model as a file: safetensors with the published names and shapes, and a description of the
 * network in the metadata. Most programs need only {@link IptModel#load} and {@link IptModel#save}.
 */
public final class ModelFile {
  /** The prefix of the names of tensors that a weight file holds beside the model's. */
  public static final String EXTRA = "training.";

  /** The prefix of the metadata keys that are the library's own. */
  public static final String OWN_NOTES = "ipt4j.";

  /** The metadata key under which a weight file describes its network. */
  public static final String DESCRIPTION = OWN_NOTES + "model";

  /** The metadata key for the version of the library that wrote the file. */
  public static final String VERSION = OWN_NOTES + "version";

  private ModelFile() {}

  /**
   * As {@link IptModel#load}, for a model whose heads and tails are not the published ones.
   *
   * @param layers the layers it was created with
   * @throws CorruptWeightsException if the file is damaged, is no model, or its tensors are not
   *     those of the network it describes, or not finite
   */
  public static IptModel load(Path file, TaskLayers layers) throws IOException {
    try (TensorFile tensors = SafeTensors.open(file)) {
      return load(tensors, layers, Device.of(Precision.FLOAT));
    }
  }

  /** As {@link IptModel#load}, from a file that is already open and stays open. */
  public static IptModel load(TensorFile tensors) throws IOException {
    return load(tensors, Device.of(Precision.FLOAT));
  }

  /** As {@link #load(TensorFile)}, with its weights on a device. */
  public static IptModel load(TensorFile tensors, Device device) throws IOException {
    return load(tensors, TaskLayers.PUBLISHED, device);
  }

  private static IptModel load(TensorFile tensors, TaskLayers layers, Device device)
      throws IOException {
    ModelDescription description = description(tensors);
    try {
      List<Task> tasks = description.tasks();
      return load(
          ParameterReader.ofAll(tensors, tasks.size()),
          description.config(),
          tasks,
          layers,
          device);
    } catch (IllegalArgumentException impossible) {
      throw new CorruptWeightsException(
          tensors.path(), 0, DESCRIPTION + ": " + impossible.getMessage());
    }
  }

  /**
   * A model with the weights of a file that does not describe its network; {@link PublishedWeights}
   * finds the configuration in the tensors' shapes.
   *
   * @throws CorruptWeightsException if the file's tensors are not those of the network
   */
  public static IptModel load(TensorFile tensors, IptConfig config, List<Task> tasks)
      throws IOException {
    return load(
        ParameterReader.ofAll(tensors, tasks.size()),
        config,
        tasks,
        TaskLayers.PUBLISHED,
        Device.of(Precision.FLOAT));
  }

  static IptModel load(
      ParameterReader reader, IptConfig config, List<Task> tasks, TaskLayers layers, Device device)
      throws IOException {
    // nothing is built and no memory taken for what a file only claims to hold
    reader.checkCounts(config, tasks);
    IptNetwork network = IptNetwork.of(config, tasks, layers);
    reader.check(network.layout());
    ParameterVector values = ParameterVector.zeros(network.layout(), device);
    reader.read(values);
    return new IptModel(config, tasks, layers, network, values);
  }

  private static ModelDescription description(TensorFile tensors) throws IOException {
    String text = tensors.metadata().get(DESCRIPTION);
    if (text == null) {
      throw new CorruptWeightsException(
          tensors.path(),
          0,
          "expected a model's configuration in the metadata as "
              + DESCRIPTION
              + ", found none: published weights have to be imported");
    }
    try {
      return ModelDescription.parse(text);
    } catch (IllegalArgumentException bad) {
      String version = tensors.metadata().get(VERSION);
      throw new CorruptWeightsException(
          tensors.path(),
          0,
          DESCRIPTION
              + ": "
              + bad.getMessage()
              + (version == null ? "" : " (the file is of version " + version + ")"));
    }
  }

  /**
   * Replaces a model's weights by those of a file.
   *
   * @throws CorruptWeightsException if the file's tensors are not those of this network, or not
   *     finite; the weights are then unchanged
   */
  public static void read(TensorFile tensors, IptModel model) throws IOException {
    ParameterVector values = model.values();
    ParameterVector read = ParameterVector.zeros(values.layout(), values.device());
    ParameterReader.ofAll(tensors, model.tasks().size()).read(read);
    values.device().copy(read.flat(), values.flat());
  }

  /**
   * As {@link IptModel#save}, with further tensors; the file can still be loaded as a model.
   *
   * @param extras tensors whose names begin with {@link #EXTRA}
   */
  public static void save(
      IptModel model, Path file, Map<String, String> notes, Map<String, Tensor> extras)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(notes);
    metadata.put(VERSION, version());
    metadata.put(DESCRIPTION, new ModelDescription(model.config(), model.tasks()).toJson());
    Map<String, Tensor> tensors = PublishedNames.tensors(model.values());
    tensors.putAll(PublishedConstants.tensors(model.config()));
    tensors.putAll(extras);
    SafeTensors.write(file, metadata, tensors);
  }

  /** The library's version. */
  public static String version() throws IOException {
    try (InputStream version = ModelFile.class.getResourceAsStream("version.txt")) {
      return new String(version.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }
}
