package org.ipt4j.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.WeightNames;

/**
 * The names and shapes of parameters in weight files, which are those of the published checkpoints.
 * They match our parameters, except that all tasks' embeddings [S,D] are the rows of one tensor
 * [T,S·D].
 */
final class PublishedNames {
  /** The tensor of all tasks' embeddings; row t belongs to head t. */
  static final String TASK_EMBEDDINGS = "body.query_embed.weight";

  private static final Pattern OF_A_TASK = Pattern.compile("(head|tail)\\.([0-9]{1,6})\\.(.*)");

  /** The first layer of any head, with any prefix. */
  private static final Pattern ENTRANCE =
      Pattern.compile("(|.*\\.)head\\.[0-9]{1,6}\\.0\\.(?:weight|bias)");

  private PublishedNames() {}

  /**
   * The prefix of all names of a file before the published ones, for instance {@code
   * module._orig_mod.}; usually empty.
   */
  static String prefix(Collection<String> names) {
    return prefixes(names).stream()
        .filter(prefix -> names.stream().allMatch(name -> name.startsWith(prefix)))
        .min(Comparator.comparingInt(String::length))
        .orElse("");
  }

  /**
   * The prefixes before the published names, one for each network among these names: averaged ones
   * first, then shorter ones.
   */
  static List<String> prefixes(Collection<String> names) {
    return names.stream()
        .map(ENTRANCE::matcher)
        .filter(Matcher::matches)
        .map(entrance -> entrance.group(1))
        .distinct()
        .sorted(
            Comparator.comparing((String prefix) -> !WeightNames.isAveraged(prefix))
                .thenComparing(String::length))
        .toList();
  }

  /** Whether these names include a network's. */
  static boolean areAmong(Collection<String> names) {
    return !prefixes(names).isEmpty();
  }

  /** The number of the head or tail that a tensor belongs to. */
  static OptionalInt head(String name) {
    Matcher matcher = OF_A_TASK.matcher(name);
    return matcher.matches()
        ? OptionalInt.of(Integer.parseInt(matcher.group(2)))
        : OptionalInt.empty();
  }

  /**
   * The name of a parameter after renumbering: head and tail t get the number {@code heads.get(t)}.
   */
  static String withHeads(String name, List<Integer> heads) {
    Matcher matcher = OF_A_TASK.matcher(name);
    return matcher.matches()
        ? matcher.group(1)
            + "."
            + heads.get(Integer.parseInt(matcher.group(2)))
            + "."
            + matcher.group(3)
        : name;
  }

  /** The name of the parameter that is row {@code t} of the embeddings' tensor. */
  static String taskEmbedding(int t) {
    return TASK_EMBEDDINGS + "." + t;
  }

  static boolean isTaskEmbedding(Parameter parameter) {
    return parameter.name().startsWith(TASK_EMBEDDINGS);
  }

  /** A file's tensors; each is read from {@code values} when it is written. */
  static Map<String, Tensor> tensors(ParameterVector values) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<Parameter> embeddings = new ArrayList<>();
    for (Parameter parameter : values.layout().parameters()) {
      if (isTaskEmbedding(parameter)) {
        embeddings.add(parameter);
      } else {
        tensors.put(
            parameter.name(),
            Tensor.of(parameter.shape(), numbers -> values.read(parameter, numbers)));
      }
    }
    long[] shape = {embeddings.size(), embeddings.get(0).length()};
    tensors.put(TASK_EMBEDDINGS, Tensor.of(shape, rows -> read(values, embeddings, rows)));
    return tensors;
  }

  private static void read(ParameterVector values, List<Parameter> embeddings, float[] rows) {
    int length = rows.length / embeddings.size();
    for (int t = 0; t < embeddings.size(); t++) {
      System.arraycopy(values.read(embeddings.get(t)), 0, rows, t * length, length);
    }
  }
}
