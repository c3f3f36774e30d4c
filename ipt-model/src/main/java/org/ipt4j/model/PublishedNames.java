package org.ipt4j.model;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterVector;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How parameters are named and shaped in weight files: as in the published checkpoints. They are
 * our parameters, but that all tasks' embeddings [S,D] are the rows of one tensor [T,S·D].
 */
final class PublishedNames {
  /** The tensor of all tasks' embeddings; row t is of head t. */
  static final String TASK_EMBEDDINGS = "body.query_embed.weight";

  private static final Pattern OF_A_TASK = Pattern.compile("(head|tail)\\.([0-9]{1,6})\\.(.*)");

  /** The first layer of any head, and what stands before it. */
  private static final Pattern ENTRANCE =
      Pattern.compile("(|.*\\.)head\\.[0-9]{1,6}\\.0\\.(?:weight|bias)");

  /** A word in the name of weights that says that they are averages. */
  private static final Pattern AVERAGED =
      Pattern.compile("(^|.*[^a-z])(ema|swa|avg|average|averaged|shadow)([^a-z].*|$)");

  /** Where a word begins within camel case. */
  private static final Pattern WORD =
      Pattern.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

  private PublishedNames() {}

  /**
   * What all names of a file have before the published ones, for instance {@code
   * module._orig_mod.}; usually nothing.
   */
  static String prefix(Collection<String> names) {
    return prefixes(names).stream()
        .filter(prefix -> names.stream().allMatch(name -> name.startsWith(prefix)))
        .min(Comparator.comparingInt(String::length))
        .orElse("");
  }

  /**
   * What stands before the published names, for each network whose names are among these: averaged
   * ones first, then shorter ones.
   */
  static List<String> prefixes(Collection<String> names) {
    return names.stream()
        .map(ENTRANCE::matcher)
        .filter(Matcher::matches)
        .map(entrance -> entrance.group(1))
        .distinct()
        .sorted(
            Comparator.comparing((String prefix) -> !isAveraged(prefix))
                .thenComparing(String::length))
        .toList();
  }

  /** Whether weights of that name are the averages of others, as the field calls them. */
  static boolean isAveraged(String name) {
    String words = WORD.matcher(name).replaceAll("_").toLowerCase(Locale.ROOT);
    return AVERAGED.matcher(words).matches();
  }

  /** The number of the head or tail that a tensor belongs to. */
  static OptionalInt head(String name) {
    Matcher matcher = OF_A_TASK.matcher(name);
    return matcher.matches()
        ? OptionalInt.of(Integer.parseInt(matcher.group(2)))
        : OptionalInt.empty();
  }

  /** The name of a parameter where head and tail t have the number {@code heads.get(t)}. */
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

  /** The parameter that is row {@code t} of the tensor of embeddings. */
  static String taskEmbedding(int t) {
    return TASK_EMBEDDINGS + "." + t;
  }

  static boolean isTaskEmbedding(Parameter parameter) {
    return parameter.name().startsWith(TASK_EMBEDDINGS);
  }

  /** A file's tensors: views of {@code values}, but for the embeddings, which are a copy. */
  static Map<String, INDArray> tensors(ParameterVector values) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    List<Parameter> embeddings =
        values.layout().parameters().stream().filter(PublishedNames::isTaskEmbedding).toList();
    for (Parameter parameter : values.layout().parameters()) {
      if (!isTaskEmbedding(parameter)) {
        tensors.put(parameter.name(), values.view(parameter));
      }
    }
    long length = embeddings.get(0).length();
    INDArray table = Nd4j.createUninitialized(values.type(), embeddings.size(), length);
    for (int t = 0; t < embeddings.size(); t++) {
      table.getRow(t).assign(values.view(embeddings.get(t)).reshape(length));
    }
    tensors.put(TASK_EMBEDDINGS, table);
    return tensors;
  }
}
