package org.ipt4j.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ipt4j.model.Task;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * What decides the weights of a run, apart from its images and its learning rate, as settings by
 * name: a run goes on only with settings that equal those of its checkpoint. One that is missing
 * there has the value from before it existed, which is stated here, beside it.
 */
final class RunIdentity {
  static final String UPDATER = "updater";

  /** What of an updater is no setting: a run may get another one, to become longer. */
  static final Set<String> LEARNING_RATE = Set.of("learningRate", "learningRateSchedule");

  private static final ObjectMapper JSON =
      new ObjectMapper().disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

  private final Map<String, String> settings;
  private final Map<String, String> defaults;

  private RunIdentity(Map<String, String> settings, Map<String, String> defaults) {
    this.settings = new LinkedHashMap<>(settings);
    this.defaults = new LinkedHashMap<>(defaults);
  }

  RunIdentity(TrainingPlan plan, TrainingOptions options, IUpdater updater) {
    this(Map.of(), Map.of());
    settings.put("seed", Long.toString(plan.seed()));
    settings.put("tasks", tasks(plan.weights().keySet().stream().map(Task::name).toList()));
    plan.weights()
        .forEach(
            (task, weight) -> {
              settings.put(scaleOf(task.name()), Integer.toString(task.scale()));
              settings.put(weightOf(task.name()), Double.toString(weight));
              put("degradation of " + task.name(), task.degradation(), task.name());
            });
    Contrastive contrastive = plan.contrastive();
    settings.put("contrastive mixture", contrastive.mixture().name());
    settings.put("contrastive form", contrastive.form().name());
    settings.put("contrastive every", Integer.toString(contrastive.every()));
    settings.put("contrastive weight", Double.toString(contrastive.weight()));
    settings.put("loss", options.loss().name());
    settings.put("clipping", Double.toString(options.clipping()));
    settings.put("accumulation", Integer.toString(options.accumulation()));
    settings.put("averaging", Double.toString(options.averaging()));
    settings.put("weight decay", Double.toString(options.weightDecay()));
    settings.put("body frozen", Boolean.toString(options.bodyFrozen()));
    settings.putAll(updater(updater));
  }

  private void put(String name, String value, String otherwise) {
    settings.put(name, value);
    defaults.put(name, otherwise);
  }

  /** The same run in rounds; where these change nothing, it stays what it is. */
  RunIdentity shared(Rounds rounds) {
    RunIdentity shared = new RunIdentity(settings, defaults);
    shared.settings.putAll(rounds.settings());
    return shared;
  }

  /** The order matters: steps' tasks are drawn by it. */
  static String tasks(List<String> names) {
    return JSON.valueToTree(names).toString();
  }

  static String scaleOf(String task) {
    return "scale of " + task;
  }

  static String weightOf(String task) {
    return "weight of " + task;
  }

  /** Its name and numbers. */
  private static Map<String, String> updater(IUpdater updater) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(UPDATER, updater.getClass().getSimpleName());
    IUpdater copy = updater.clone();
    copy.setLrAndSchedule(Double.NaN, null);
    JsonNode numbers = JSON.valueToTree(copy);
    numbers
        .properties()
        .forEach(
            number -> {
              JsonNode value = number.getValue();
              if (!LEARNING_RATE.contains(number.getKey())) {
                settings.put(
                    UPDATER + " " + number.getKey(),
                    value.isValueNode() ? value.asText() : value.toString());
              }
            });
    return settings;
  }

  String toJson() throws IOException {
    return JSON.writeValueAsString(settings);
  }

  static Map<String, String> ofJson(String json) throws JsonProcessingException {
    return JSON.readValue(json, new TypeReference<Map<String, String>>() {});
  }

  /** What of {@code found}, another run's settings, differs from these; empty if nothing does. */
  List<String> differences(Map<String, String> found) {
    Set<String> names = new LinkedHashSet<>(settings.keySet());
    names.addAll(found.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String expected = settings.getOrDefault(name, "nothing");
      String got = found.getOrDefault(name, defaults.getOrDefault(name, "nothing"));
      if (!got.equals(expected)) {
        differences.add(name + ": expected " + expected + ", got " + got);
      }
    }
    return differences;
  }
}
