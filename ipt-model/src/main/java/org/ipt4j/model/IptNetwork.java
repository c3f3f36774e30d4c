package org.ipt4j.model;

import static org.ipt4j.core.ConvOps.shiftChannels;
import static org.ipt4j.core.Ops.add;
import static org.ipt4j.core.TokenOps.fold;
import static org.ipt4j.core.TokenOps.unfold;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.transformer.Transformer;

/**
 * The network of Chen et al. (2021), figure 2: mean shift, the task's head, the body that all tasks
 * share, the task's tail, mean shift. Unlike the published network it can add its input to its
 * output ({@link IptConfig#inputResidual}). It holds the places of the parameters, not their
 * values.
 */
final class IptNetwork {
  /** The name of the parameter range that all tasks use, and the prefix of the names in it. */
  static final String BODY = "body";

  static final double[] RGB_MEAN = {0.4488, 0.4371, 0.4040}; // of DIV2K, × range

  /** A task's own parts. */
  private record Parts(
      Layer head, Parameter embedding, Layer tail, BicubicEnlargement enlargement) {}

  private final IptConfig config;
  private final ParameterLayout layout;
  private final Transformer body;
  private final Map<Task, Parts> parts = new LinkedHashMap<>();

  /**
   * The network of these tasks.
   *
   * @throws IllegalArgumentException if there are none, two have one name, the name of one is that
   *     of a range that is not its own, or it is too large for any memory
   */
  static IptNetwork of(IptConfig config, List<Task> tasks, TaskLayers layers) {
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("a model needs at least one task");
    }
    Set<String> names = new HashSet<>();
    for (Task task : tasks) {
      if (!names.add(task.name())) {
        throw new IllegalArgumentException("task " + task.name() + " is given twice");
      }
    }
    requireOwnRanges(tasks);
    try {
      return new IptNetwork(config, tasks, layers);
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException("a network of " + config + " is beyond any memory");
    }
  }

  /** Ranges are found by name, so a name that two of them had would lead to the wrong weights. */
  private static void requireOwnRanges(List<Task> tasks) {
    Map<String, String> owners = new HashMap<>();
    owners.put(BODY, "the body that all tasks share");
    for (Task task : tasks) {
      own(owners, trunk(task), "task " + task.name());
      own(owners, tail(task), "the tail of task " + task.name());
    }
  }

  private static void own(Map<String, String> owners, String range, String owner) {
    String other = owners.putIfAbsent(range, owner);
    if (other != null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s and %s would both have weights named %s: the task needs another name",
              other,
              owner,
              range));
    }
  }

  private IptNetwork(IptConfig config, List<Task> tasks, TaskLayers layers) {
    this.config = config;
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range(BODY);
    body = new Transformer(builder, BODY, config.transformer());
    for (int t = 0; t < tasks.size(); t++) {
      Task task = tasks.get(t);
      builder.range(trunk(task));
      Layer head = layers.head(builder, "head." + t, config, task);
      Parameter embedding = body.taskEmbedding(builder, PublishedNames.taskEmbedding(t));
      builder.range(tail(task));
      Layer tail = layers.tail(builder, "tail." + t, config, task);
      BicubicEnlargement enlargement = new BicubicEnlargement(config.imageSide(), task.scale());
      parts.put(task, new Parts(head, embedding, tail, enlargement));
    }
    layout = builder.build();
  }

  /** The name of the range of a task's head and embedding. */
  static String trunk(Task task) {
    return task.name();
  }

  /** The name of the range of a task's tail. */
  static String tail(Task task) {
    return task.name() + " tail";
  }

  ParameterLayout layout() {
    return layout;
  }

  /** degraded [N,3,H,W] in 0..rgbRange → restored [N,3,sH,sW] and the values in between. */
  IptOutput forward(Tape tape, Task task, Variable degraded) {
    Parts of = parts.get(task);
    Variable x = shiftChannels(tape, degraded, mean(tape, -1));
    Variable features = of.head().forward(tape, x); // [N,C,H,W]
    Variable patches = unfold(tape, features, config.patchSide());
    Variable tokens = body.forward(tape, patches, tape.parameter(of.embedding())); // [N,S,D]
    tape.end(patches);
    Variable folded =
        fold(tape, tokens, config.patchSide(), features.size(2), features.size(3)); // [N,C,H,W]
    Variable sum = add(tape, folded, features);
    tape.end(folded);
    Variable y = of.tail().forward(tape, sum); // [N,3,sH,sW], perhaps sum itself
    Variable restored = onto(tape, of, y, degraded);
    tape.end(y);
    return new IptOutput(features, tokens, restored);
  }

  /** y with what the tail leaves out: the input, enlarged, or the mean. */
  private Variable onto(Tape tape, Parts of, Variable y, Variable degraded) {
    if (!config.inputResidual()) {
      return shiftChannels(tape, y, mean(tape, 1));
    }
    Variable enlarged = of.enlargement().forward(tape, degraded);
    Variable restored = add(tape, y, enlarged);
    tape.end(enlarged);
    return restored;
  }

  private Variable mean(Tape tape, int sign) {
    float[] mean = new float[RGB_MEAN.length];
    for (int c = 0; c < mean.length; c++) {
      mean[c] = (float) (sign * config.rgbRange() * RGB_MEAN[c]);
    }
    return tape.constant(tape.device().array(mean, 0, 1, mean.length, 1, 1));
  }
}
