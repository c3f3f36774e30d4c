package org.ipt4j.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.ipt4j.model.TensorFile;

/**
 * Where a run stands, as texts in a checkpoint's metadata.
 *
 * @param plan what the run follows; only its text is kept, to be compared
 * @param step the next step
 * @param counts how often each range of parameters has moved
 */
record TrainingState(TrainingPlan plan, long step, Map<String, Integer> counts) {
  private static final String PLAN = "ipt4j.training.plan";
  private static final String STEP = "ipt4j.training.step";
  private static final String COUNTS = "ipt4j.training.counts";
  private static final ObjectMapper JSON = new ObjectMapper();

  Map<String, String> toMetadata() throws IOException {
    return Map.of(
        PLAN, plan.toString(), STEP, Long.toString(step), COUNTS, JSON.writeValueAsString(counts));
  }

  /** The state a file holds, which must be of {@code plan}. */
  static TrainingState of(TensorFile file, TrainingPlan plan) throws IOException {
    Map<String, String> metadata = file.metadata();
    if (!metadata.keySet().containsAll(List.of(PLAN, STEP, COUNTS))) {
      throw new IllegalArgumentException(
          file.path() + " is no checkpoint: expected the metadata " + STEP + ", found none");
    }
    if (!metadata.get(PLAN).equals(plan.toString())) {
      throw new IllegalArgumentException(
          file.path() + " is of another run: expected " + plan + ", got " + metadata.get(PLAN));
    }
    try {
      return new TrainingState(
          plan,
          Long.parseLong(metadata.get(STEP)),
          JSON.readValue(metadata.get(COUNTS), new TypeReference<Map<String, Integer>>() {}));
    } catch (JsonProcessingException | NumberFormatException bad) {
      throw new IOException(file.path() + ": bad training state: " + bad.getMessage(), bad);
    }
  }
}
