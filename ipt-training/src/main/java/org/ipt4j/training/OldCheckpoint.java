package org.ipt4j.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ipt4j.core.Array;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.model.ModelFile;
import org.ipt4j.weights.TensorFile;

/**
 * Checkpoints as they were before settings had names: settings are the texts of the classes of that
 * time, and moments lie in one vector as they lay in memory, which is how they still lie.
 */
final class OldCheckpoint {
  private static final String PLAN = TrainingState.PREFIX + "plan";
  private static final String OPTIONS = TrainingState.PREFIX + "options";
  private static final String UPDATER = TrainingState.PREFIX + "updater";
  private static final String VECTORS = TrainingState.PREFIX + "vectors";

  private static final Pattern PLAN_TEXT =
      Pattern.compile(
          "TrainingPlan\\[seed=(.*?), weights=\\{(.*)}, contrastive=Contrastive\\[(.*)]]");
  private static final Pattern TASK_TEXT =
      Pattern.compile("Task\\[name=(.*?), scale=(\\d+)]=([^,]*)(?:, |$)");
  private static final Pattern COMPONENT = Pattern.compile("(\\w+)=([^,\\]]*)");
  private static final Pattern UPDATER_TEXT = Pattern.compile("(\\w+)\\((.*)\\)");

  private static final Map<String, String> NAMES =
      Map.of("weightDecay", "weight decay", "bodyFrozen", "body frozen");

  private OldCheckpoint() {}

  static boolean isOne(Map<String, String> metadata) {
    return metadata.containsKey(PLAN);
  }

  /** The settings that {@link RunIdentity} names. */
  static Map<String, String> settings(Map<String, String> metadata) {
    Map<String, String> settings = new LinkedHashMap<>();
    if (!"linear weights by columns".equals(metadata.get(VECTORS))) {
      settings.put("moments", "those of linear weights by rows");
    }
    Matcher plan = match(PLAN_TEXT, metadata, PLAN);
    settings.put("seed", plan.group(1));
    List<String> tasks = new ArrayList<>();
    Matcher task = TASK_TEXT.matcher(plan.group(2));
    while (task.find()) {
      tasks.add(task.group(1));
      settings.put(RunIdentity.scaleOf(task.group(1)), task.group(2));
      settings.put(RunIdentity.weightOf(task.group(1)), task.group(3));
    }
    settings.put("tasks", RunIdentity.tasks(tasks));
    components(plan.group(3)).forEach((name, value) -> settings.put("contrastive " + name, value));
    components(metadata.getOrDefault(OPTIONS, ""))
        .forEach((name, value) -> settings.put(NAMES.getOrDefault(name, name), value));
    settings.remove("recomputation");
    Matcher updater = match(UPDATER_TEXT, metadata, UPDATER);
    settings.put(RunIdentity.UPDATER, updater.group(1));
    Map<String, String> numbers = components(updater.group(2));
    numbers.keySet().removeAll(RunIdentity.LEARNING_RATE);
    numbers.forEach((name, value) -> settings.put(RunIdentity.UPDATER + " " + name, value));
    return settings;
  }

  private static Matcher match(Pattern pattern, Map<String, String> metadata, String key) {
    Matcher matcher = pattern.matcher(metadata.getOrDefault(key, ""));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "metadata " + key + " is not as expected: " + metadata.get(key));
    }
    return matcher;
  }

  private static Map<String, String> components(String text) {
    Map<String, String> components = new LinkedHashMap<>();
    Matcher component = COMPONENT.matcher(text);
    while (component.find()) {
      components.put(component.group(1), component.group(2));
    }
    return components;
  }

  /**
   * Where its vectors go. The moments of a range lay one behind the other, then those of the next
   * range.
   *
   * @param weights those that are trained, where the model's are averages; null if they are not
   */
  static Map<String, SavedNumbers> vectors(Moments moments, ParameterVector weights) {
    Map<String, SavedNumbers> vectors = new LinkedHashMap<>();
    List<Array> parts = new ArrayList<>();
    moments.vectors().values().stream()
        .flatMap(any -> any.layout().ranges().stream())
        .distinct()
        .forEach(
            range -> moments.vectors().values().forEach(vector -> parts.add(vector.range(range))));
    if (!parts.isEmpty()) {
      vectors.put(ModelFile.EXTRA + "moments", new Vector(parts));
    }
    if (weights != null) {
      vectors.put(ModelFile.EXTRA + "weights", new Vector(List.of(weights.flat())));
    }
    return vectors;
  }

  /** Parts that lie one behind the other in one tensor, as they lie in memory. */
  private record Vector(List<Array> parts) implements SavedNumbers {
    private static final int PIECE = 1 << 20;

    @Override
    public long[] shape() {
      return new long[] {parts.stream().mapToLong(Array::length).sum()};
    }

    @Override
    public void restore(TensorFile file, String name) throws IOException {
      long first = 0;
      for (Array part : parts) {
        for (long from = 0; from < part.length(); from += PIECE) {
          float[] numbers = new float[(int) Math.min(PIECE, part.length() - from)];
          file.read(name, first + from, numbers);
          long[] shape = {numbers.length};
          part.device().write(numbers, 0, part.view(from, shape, Array.rowByRow(shape)));
        }
        first += part.length();
      }
    }
  }
}
