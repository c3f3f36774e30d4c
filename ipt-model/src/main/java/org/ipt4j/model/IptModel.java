package org.ipt4j.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Precision;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.Image;
import org.ipt4j.weights.CorruptWeightsException;

/**
 * A network and its weights: one body for all tasks; a head, an embedding and a tail for each task.
 * Any number of threads may run {@link #forward} at once as long as none changes the weights.
 */
public final class IptModel {
  private final IptConfig config;
  private final List<Task> tasks;
  private final TaskLayers layers;
  private final IptNetwork network;
  private final ParameterVector values;

  IptModel(
      IptConfig config,
      List<Task> tasks,
      TaskLayers layers,
      IptNetwork network,
      ParameterVector values) {
    this.config = config;
    this.tasks = List.copyOf(tasks);
    this.layers = layers;
    this.network = network;
    this.values = values;
  }

  /**
   * A new model, whose weights are drawn from {@code seed} as the published network's are.
   *
   * @param tasks at least one, with different names; their order numbers the heads and tails. No
   *     name is {@code body}, or that of another task followed by {@code " tail"}.
   */
  public static IptModel create(IptConfig config, List<Task> tasks, long seed) {
    return create(config, tasks, TaskLayers.PUBLISHED, seed);
  }

  /**
   * As {@link #create(IptConfig, List, long)}, with heads and tails of your own.
   *
   * @param layers builds them from operations on the tape, which know their gradients
   */
  public static IptModel create(IptConfig config, List<Task> tasks, TaskLayers layers, long seed) {
    return create(config, tasks, layers, seed, Device.of(Precision.FLOAT));
  }

  /** As {@link #create(IptConfig, List, TaskLayers, long)}, with its weights on a device. */
  public static IptModel create(
      IptConfig config, List<Task> tasks, TaskLayers layers, long seed, Device device) {
    IptNetwork network = IptNetwork.of(config, tasks, layers);
    return new IptModel(
        config,
        tasks,
        layers,
        network,
        ParameterVector.initialized(network.layout(), device, seed));
  }

  /**
   * Reads a model of published layers that {@link #save} wrote; {@link ModelFile#load(Path,
   * TaskLayers)} reads one with others.
   *
   * @throws CorruptWeightsException if the file is damaged, is no model, or its tensors are not
   *     those of the network it describes, or not finite
   */
  public static IptModel load(Path file) throws IOException {
    return ModelFile.load(file, TaskLayers.PUBLISHED);
  }

  /**
   * Writes the model as safetensors, complete or not at all. The tensors have the published names
   * and shapes, those of the published constants included, so the published network can load them.
   *
   * @param notes texts to keep with it, for instance how it was trained
   */
  public void save(Path file, Map<String, String> notes) throws IOException {
    ModelFile.save(this, file, notes, Map.of());
  }

  /** Its size and form. */
  public IptConfig config() {
    return config;
  }

  /** Its tasks, in the order of heads and tails. */
  public List<Task> tasks() {
    return tasks;
  }

  /**
   * Finds the task that {@code name} means. It may be a task's name ({@code denoise}); the
   * degradation a task undoes ({@code denoise:sigma=0..55}); a kind of degradation that only one
   * task has; or a degradation within a task's range, such as {@code denoise30} in σ 0..55. In the
   * last case the task is returned with its {@link Task#degradation} narrowed to the one asked for.
   *
   * @throws IllegalArgumentException if there is none, naming the tasks there are
   */
  public Task task(String name) {
    return TaskNames.find(tasks, name);
  }

  /**
   * The model's task with this task's name.
   *
   * @throws IllegalArgumentException if there is none, naming the tasks there are
   */
  Task own(Task task) {
    Task own =
        TaskNames.named(tasks, task.name()).orElseThrow(() -> TaskNames.none(tasks, task.name()));
    if (own.scale() != task.scale()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the model's task %s is of scale %d, asked for was one of scale %d",
              own.name(),
              own.scale(),
              task.scale()));
    }
    return own;
  }

  /** The weights themselves. */
  public ParameterVector values() {
    return values;
  }

  /** A copy with weights of its own. */
  public IptModel copy() {
    return new IptModel(config, tasks, layers, network, values.copy());
  }

  /** This model, or if its weights are not on {@code device} a copy there. */
  public IptModel on(Device device) {
    if (values.device() == device) {
      return this;
    }
    ParameterVector there = ParameterVector.zeros(values.layout(), device);
    for (Parameter parameter : values.layout().parameters()) {
      there.write(parameter, values.read(parameter));
    }
    return new IptModel(config, tasks, layers, network, there);
  }

  /**
   * A model of some of the tasks, with the same weights.
   *
   * @param kept some of {@link #tasks}, in the new model's order
   * @throws IllegalArgumentException if one is not, or has another scale
   */
  public IptModel only(List<Task> kept) {
    kept.forEach(task -> own(task));
    return withWeightsOfThis(create(config, kept, layers, 0, values.device()));
  }

  /**
   * A model with one more task: the same weights, and a head, an embedding and a tail for {@code
   * added} drawn from {@code seed}.
   */
  public IptModel with(Task added, long seed) {
    List<Task> all = new ArrayList<>(tasks);
    all.add(added);
    return withWeightsOfThis(create(config, all, layers, seed, values.device()));
  }

  /**
   * As {@link #with(Task, long)}, but the new head and embedding start as copies of those of {@code
   * related}, one of {@link #tasks}; so does the tail if the scales are equal.
   */
  public IptModel with(Task added, Task related, long seed) {
    IptModel model = with(added, seed);
    copy(trunk(related).get(1), model, model.trunk(added).get(1));
    if (added.scale() == related.scale()) {
      copy(tail(related), model, model.tail(added));
    }
    return model;
  }

  private void copy(ParameterLayout.Range from, IptModel model, ParameterLayout.Range to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the weights of %s are %,d in this model, and would be %,d",
              from.name(),
              from.length(),
              to.length()));
    }
    values.device().copy(values.range(from), model.values.range(to));
  }

  private IptModel withWeightsOfThis(IptModel model) {
    ParameterLayout old = values.layout();
    for (ParameterLayout.Range range : old.ranges()) {
      if (model.values.layout().ranges().stream()
          .anyMatch(own -> own.name().equals(range.name()))) {
        copy(range, model, model.values.layout().range(range.name()));
      }
    }
    return model;
  }

  /** The range of the body, which all tasks share. */
  public ParameterLayout.Range body() {
    return values.layout().range(IptNetwork.BODY);
  }

  /** The ranges on which a task's tokens depend: the body, and the task's head and embedding. */
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
  public IptOutput forward(Tape tape, Task task, Variable degraded) {
    long side = config.imageSide();
    if (degraded.shape().length != 4
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
   * Restores tiles (images of the network's size) on all processors ({@link Workers}), or in one
   * pass where the model's device takes whole batches.
   *
   * @param task one of {@link #tasks}
   * @param degraded [count,3,H,W] in 0..255, H and W the configuration's image side
   * @return [count,3,sH,sW] in 0..255, neither clipped nor rounded
   * @throws IllegalArgumentException if a result is not finite, because of extreme weights or
   *     pixels; or if the results are more than {@link Image#MOST_VALUES}
   */
  public float[] restoreTiles(Task task, float[] degraded, int count) {
    return beginTiles(task, degraded, count).get();
  }

  /** As {@link #restoreTiles}, but returns while other threads restore. */
  TilesBegun beginTiles(Task task, float[] degraded, int count) {
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
    checkCount(own, count);
    int out = in * own.scale() * own.scale();
    float[] restored = new float[count * out];
    Workers.Begun work =
        Workers.begin(
            count,
            values.device().takesWholeBatches() ? 1 : Pieces.forInference(config, count),
            (piece, from, end) -> {
              long[] shape = {end - from, Image.CHANNELS, side, side};
              try (Tape tape = Tape.inference(values)) {
                Device device = tape.device();
                Variable x = tape.input(degraded, from * in, shape);
                device.scale(x.value(), config.level(), x.value());
                Array y = network.forward(tape, own, x).restored().value();
                device.scale(y, 1 / config.level(), y);
                device.read(y, restored, from * out);
              }
              requireFinite(own, restored, from * out, end * out);
            });
    return new TilesBegun(work, restored);
  }

  /** Whether other threads than the calling one restore tiles that were begun. */
  boolean restoresAhead() {
    return Workers.count() > 1 && !values.device().takesWholeBatches();
  }

  /** Tiles that are being restored. */
  record TilesBegun(Workers.Begun work, float[] restored) {
    /** The restored tiles, when all are done; the calling thread takes part. */
    float[] get() {
      work.finish();
      return restored;
    }
  }

  /** Checks that an array holds so many restored tiles. */
  void checkCount(Task task, int count) {
    long side = (long) config.imageSide() * task.scale();
    long most = Image.MOST_VALUES / (Image.CHANNELS * side * side);
    if (count > most) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a batch of %d tiles is too large for memory: restored to %d×%d pixels, an array"
                  + " holds at most %d",
              count,
              side,
              side,
              most));
    }
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
}
