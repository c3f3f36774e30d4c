package org.ipt4j.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.Image;
import org.ipt4j.transformer.TransformerConfig;
import org.ipt4j.weights.CorruptWeightsException;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network and its weights: one body, a head, embedding and tail for each task. Any number of
 * threads may run {@link #forward} at once as long as none changes the weights.
 */
public final class IptModel {
  /** How the names of tensors begin that a weight file holds beside the model's. */
  public static final String EXTRA = "training.";

  /** How the keys of a weight file's metadata begin that are the library's own. */
  public static final String OWN_NOTES = "ipt4j.";

  /** The metadata key under which a weight file describes its network. */
  public static final String DESCRIPTION = OWN_NOTES + "model";

  private static final String VERSION = OWN_NOTES + "version";
  private static final int RESTORED = 1152; // tokens of a piece
  private static final long TRAINED = 43_000_000; // multiplications of a piece by D×D weights

  private final IptConfig config;
  private final List<Task> tasks;
  private final TaskLayers layers;
  private final IptNetwork network;
  private final ParameterVector values;

  private IptModel(
      IptConfig config,
      List<Task> tasks,
      TaskLayers layers,
      IptNetwork network,
      ParameterVector values) {
    this.config = config;
    this.tasks = tasks;
    this.layers = layers;
    this.network = network;
    this.values = values;
  }

  /**
   * A model whose weights are drawn from {@code seed} as the published network's are.
   *
   * @param tasks at least one, of different names; their order is that of the weights' names
   */
  public static IptModel create(IptConfig config, List<Task> tasks, long seed) {
    return create(config, tasks, TaskLayers.PUBLISHED, seed);
  }

  /**
   * As {@link #create(IptConfig, List, long)}, with heads and tails of one's own.
   *
   * @param layers builds them from operations on the tape, which know their gradients
   */
  public static IptModel create(IptConfig config, List<Task> tasks, TaskLayers layers, long seed) {
    return create(config, tasks, layers, seed, DataType.FLOAT);
  }

  static IptModel create(
      IptConfig config, List<Task> tasks, TaskLayers layers, long seed, DataType type) {
    IptNetwork network = network(config, tasks, layers);
    return new IptModel(
        config,
        List.copyOf(tasks),
        layers,
        network,
        ParameterVector.initialized(network.layout(), type, seed));
  }

  private static IptNetwork network(IptConfig config, List<Task> tasks, TaskLayers layers) {
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("a model needs at least one task");
    }
    Set<String> names = new HashSet<>();
    for (Task task : tasks) {
      if (!names.add(task.name())) {
        throw new IllegalArgumentException("task " + task.name() + " is given twice");
      }
    }
    try {
      return new IptNetwork(config, tasks, layers);
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException("a network of " + config + " is beyond any memory");
    }
  }

  /**
   * Reads a model that {@link #save} wrote.
   *
   * @throws CorruptWeightsException if the file is damaged, is no model, or its tensors are not
   *     those of the network it describes, or not finite
   */
  public static IptModel load(Path file) throws IOException {
    return load(file, TaskLayers.PUBLISHED);
  }

  /**
   * As {@link #load(Path)}, for a model whose heads and tails are not the published ones.
   *
   * @param layers those it was created with
   */
  public static IptModel load(Path file, TaskLayers layers) throws IOException {
    try (TensorFile tensors = SafeTensors.open(file)) {
      return load(tensors, layers);
    }
  }

  /** As {@link #load(Path)}, of a file that is open already, and stays so. */
  public static IptModel load(TensorFile tensors) throws IOException {
    return load(tensors, TaskLayers.PUBLISHED);
  }

  private static IptModel load(TensorFile tensors, TaskLayers layers) throws IOException {
    ModelDescription description = description(tensors);
    try {
      List<Task> tasks = description.tasks();
      return of(ParameterReader.ofAll(tensors, tasks.size()), description.config(), tasks, layers);
    } catch (IllegalArgumentException impossible) {
      throw new CorruptWeightsException(
          tensors.path(), 0, DESCRIPTION + ": " + impossible.getMessage());
    }
  }

  /**
   * A model with the weights of a file that does not itself say what network it belongs to; {@link
   * PublishedWeights} finds that out.
   *
   * @throws CorruptWeightsException if the file's tensors are not those of the network
   */
  public static IptModel of(TensorFile file, IptConfig config, List<Task> tasks)
      throws IOException {
    return of(ParameterReader.ofAll(file, tasks.size()), config, tasks, TaskLayers.PUBLISHED);
  }

  static IptModel of(ParameterReader reader, IptConfig config, List<Task> tasks, TaskLayers layers)
      throws IOException {
    // nothing is built and no memory taken for what a file only claims to hold
    reader.checkCounts(config, tasks);
    IptNetwork network = network(config, tasks, layers);
    reader.check(network.layout());
    ParameterVector values = ParameterVector.zeros(network.layout(), DataType.FLOAT);
    reader.read(values);
    return new IptModel(config, List.copyOf(tasks), layers, network, values);
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
   * Replaces the weights by those of a file.
   *
   * @throws CorruptWeightsException if the file's tensors are not those of this network, or not
   *     finite; the weights are then unchanged
   */
  public void read(TensorFile file) throws IOException {
    ParameterVector read = ParameterVector.zeros(values.layout(), values.type());
    ParameterReader.ofAll(file, tasks.size()).read(read);
    values.flat().assign(read.flat());
  }

  /**
   * Writes the model as safetensors, complete or not at all. Names and shapes of the tensors are
   * the published ones, those of its constants included, so that the published network loads them.
   *
   * @param notes texts to keep with it, for instance how it was trained
   */
  public void save(Path file, Map<String, String> notes) throws IOException {
    save(file, notes, Map.of());
  }

  /**
   * As {@link #save(Path, Map)}, with tensors that are not the model's beside; a model can still be
   * loaded from the file.
   *
   * @param extras by names that begin with {@link #EXTRA}
   */
  public void save(Path file, Map<String, String> notes, Map<String, Tensor> extras)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(notes);
    metadata.put(VERSION, version());
    metadata.put(DESCRIPTION, new ModelDescription(config, tasks).toJson());
    Map<String, Tensor> tensors = PublishedNames.tensors(values);
    tensors.putAll(PublishedConstants.tensors(config));
    tensors.putAll(extras);
    SafeTensors.write(file, metadata, tensors);
  }

  private static String version() throws IOException {
    try (InputStream version = IptModel.class.getResourceAsStream("version.txt")) {
      return new String(version.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }

  /** Its size and form. */
  public IptConfig config() {
    return config;
  }

  /** Its tasks, in the order of the weights' names. */
  public List<Task> tasks() {
    return tasks;
  }

  /**
   * The task that is meant by a name: that of the task itself ({@code denoise}) or of what it
   * undoes ({@code denoise:sigma=0..55}); of a kind of degradation that only one task is of; or of
   * a degradation that lies within a task's range, as {@code denoise30} in σ 0..55. What is then
   * returned is the task with {@link Task#degradation} narrowed to what was asked for.
   *
   * @throws IllegalArgumentException if the model has none, naming those it has
   */
  public Task task(String name) {
    return TaskNames.find(tasks, name);
  }

  /**
   * The task of this name.
   *
   * @throws IllegalArgumentException if there is none, naming those there are
   */
  Task own(Task task) {
    return TaskNames.named(tasks, task.name())
        .orElseThrow(() -> TaskNames.none(tasks, task.name()));
  }

  /** The weights themselves. */
  public ParameterVector values() {
    return values;
  }

  /** The same network with weights of its own, which are equal at first. */
  public IptModel copy() {
    return new IptModel(config, tasks, layers, network, values.copy());
  }

  /**
   * A model of some of the tasks, with the same weights.
   *
   * @param kept some of {@link #tasks}, in the order they shall have
   */
  public IptModel only(List<Task> kept) {
    kept.forEach(task -> own(task));
    return withWeightsOfThis(create(config, kept, layers, 0, values.type()));
  }

  /**
   * A model that can do one thing more: the same weights, and a head, embedding and tail for {@code
   * added} drawn from {@code seed}.
   */
  public IptModel with(Task added, long seed) {
    List<Task> all = new ArrayList<>(tasks);
    all.add(added);
    return withWeightsOfThis(create(config, all, layers, seed, values.type()));
  }

  /**
   * As {@link #with(Task, long)}, but the new head and embedding start as those of {@code related},
   * one of {@link #tasks}; so does the tail if the scales are equal.
   */
  public IptModel with(Task added, Task related, long seed) {
    IptModel model = with(added, seed);
    model.values.range(model.trunk(added).get(1)).assign(values.range(trunk(related).get(1)));
    if (added.scale() == related.scale()) {
      model.values.range(model.tail(added)).assign(values.range(tail(related)));
    }
    return model;
  }

  private IptModel withWeightsOfThis(IptModel model) {
    ParameterLayout old = values.layout();
    for (ParameterLayout.Range range : old.ranges()) {
      if (model.values.layout().ranges().stream()
          .anyMatch(own -> own.name().equals(range.name()))) {
        model.values.range(model.values.layout().range(range.name())).assign(values.range(range));
      }
    }
    return model;
  }

  /** The range of the body, which all tasks share. */
  public ParameterLayout.Range body() {
    return values.layout().range(IptNetwork.BODY);
  }

  /** What the tokens of a task depend on: the ranges of the body, and of its head and embedding. */
  public List<ParameterLayout.Range> trunk(Task task) {
    return List.of(body(), values.layout().range(IptNetwork.trunk(task)));
  }

  /** The range of a task's tail. */
  public ParameterLayout.Range tail(Task task) {
    return values.layout().range(IptNetwork.tail(task));
  }

  /**
   * One pass through the network.
   *
   * @param task one of {@link #tasks}
   * @param degraded [N,3,H,W] in 0..rgbRange, H and W the configuration's image side
   */
  public IptOutput forward(Tape tape, Task task, INDArray degraded) {
    long side = config.imageSide();
    if (degraded.rank() != 4
        || degraded.size(1) != 3
        || degraded.size(2) != side
        || degraded.size(3) != side) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the network expects [N, 3, %d, %d], got %s",
              side,
              side,
              Arrays.toString(degraded.shape())));
    }
    return network.forward(tape, own(task), degraded);
  }

  /**
   * Restores images of the network's size, on all processors ({@link Workers}).
   *
   * @param task one of {@link #tasks}
   * @param degraded [count,3,H,W] in 0..255, H and W the configuration's image side
   * @return [count,3,sH,sW] in 0..255, neither clipped nor rounded
   * @throws IllegalArgumentException if a result is not finite: the weights, or the pixels, are
   *     beyond what can be computed with
   */
  public float[] restore(Task task, float[] degraded, int count) {
    int side = config.imageSide();
    int in = Image.CHANNELS * side * side;
    if (count < 1 || degraded.length != (long) count * in) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d images of %d×%d pixels have %d values, got %d",
              count,
              side,
              side,
              (long) count * in,
              degraded.length));
    }
    Task own = own(task);
    int out = in * own.scale() * own.scale();
    float[] restored = new float[Math.multiplyExact(count, out)];
    Workers.run(
        count,
        pieces(count, false),
        (piece, from, end) -> {
          long[] shape = {end - from, Image.CHANNELS, side, side};
          try (Tape tape = Tape.inference(values)) {
            INDArray x = tape.array(degraded, from * in, shape).muli(config.level());
            INDArray y = network.forward(tape, own, x).restored().value();
            Kernels.read(y.divi(config.level()), restored, from * out);
          }
          requireFinite(own, restored, from * out, end * out);
        });
    return restored;
  }

  private static void requireFinite(Task task, float[] restored, int from, int end) {
    for (int i = from; i < end; i++) {
      if (!Float.isFinite(restored[i])) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "task %s: the network's result is %s: its weights, or the pixels it was given, are"
                    + " beyond what it can compute with",
                task.name(),
                restored[i]));
      }
    }
  }

  /**
   * Into how many pieces a batch of images best goes through the network, where each image goes its
   * own way: as many for each processor. Products of larger pieces run faster, up to what the
   * processors' cache holds. In training, where a piece's arrays all stay until the way back, a
   * piece is only so large that its products outweigh what calling them costs.
   *
   * @param training whether they go back, too
   */
  public int pieces(int images, boolean training) {
    TransformerConfig body = config.transformer();
    long tokens = body.tokens();
    long most =
        training ? TRAINED / (tokens * body.embedding() * body.embedding()) : RESTORED / tokens;
    int together = (int) Math.max(1, Math.min(images, most));
    int sides = Workers.count();
    int rounds = (images + sides * together - 1) / (sides * together);
    return Math.min(images, sides * rounds);
  }
}
