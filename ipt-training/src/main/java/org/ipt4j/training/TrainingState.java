package org.ipt4j.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ipt4j.core.Workers;
import org.ipt4j.weights.TensorFile;

/**
 * Where a run stands, as texts in a checkpoint's metadata.
 *
 * @param step the next step
 * @param counts how often each range of parameters has moved
 * @param threads for which the run cuts its L1 batches into pieces, by which sums are rounded
 */
record TrainingState(long step, Map<String, Integer> counts, int threads) {
  /** How the names of these texts begin. */
  static final String PREFIX = "ipt4j.training.";

  private static final String STEP = PREFIX + "step";
  private static final String COUNTS = PREFIX + "counts";
  private static final String THREADS = PREFIX + "threads";
  private static final String SETTINGS = PREFIX + "settings";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The metadata of a checkpoint. */
  Map<String, String> toMetadata(RunIdentity run) throws IOException {
    Map<String, String> metadata = new HashMap<>();
    metadata.put(STEP, Long.toString(step));
    metadata.put(COUNTS, JSON.writeValueAsString(counts));
    metadata.put(THREADS, Integer.toString(threads));
    metadata.put(SETTINGS, run.toJson());
    return metadata;
  }

  /** The next step of the run that a checkpoint is of. */
  static long step(TensorFile file) throws IOException {
    String step = file.metadata().get(STEP);
    if (step == null) {
      throw new IllegalArgumentException(
          file.path() + " is no checkpoint: expected the metadata " + STEP + ", found none");
    }
    try {
      return Long.parseLong(step);
    } catch (NumberFormatException bad) {
      throw new IOException(file.path() + ": bad training state: " + bad.getMessage(), bad);
    }
  }

  /**
   * The state a file holds.
   *
   * @param ranges whose counts the file must hold
   * @throws IllegalArgumentException if it is no checkpoint, or of another run than {@code run}
   */
  static TrainingState of(TensorFile file, RunIdentity run, Set<String> ranges) throws IOException {
    Map<String, String> metadata = file.metadata();
    if (!metadata.keySet().containsAll(List.of(STEP, COUNTS))) {
      throw new IllegalArgumentException(
          file.path() + " is no checkpoint: expected the metadata " + STEP + ", found none");
    }
    try {
      Map<String, String> settings =
          OldCheckpoint.isOne(metadata)
              ? OldCheckpoint.settings(metadata)
              : RunIdentity.ofJson(metadata.getOrDefault(SETTINGS, "{}"));
      List<String> differences = run.differences(settings);
      if (!differences.isEmpty()) {
        throw new IllegalArgumentException(
            file.path() + " is of another run: " + String.join("; ", differences));
      }
      TrainingState state =
          new TrainingState(
              Long.parseLong(metadata.get(STEP)),
              JSON.readValue(metadata.get(COUNTS), new TypeReference<Map<String, Integer>>() {}),
              Integer.parseInt(metadata.getOrDefault(THREADS, Integer.toString(Workers.count()))));
      if (state.step() < 0 || state.threads() < 1 || !state.counts().keySet().equals(ranges)) {
        throw new IOException(
            file.path()
                + ": expected a step of at least 0, at least 1 thread and counts of "
                + ranges
                + ", got step "
                + state.step()
                + ", "
                + state.threads()
                + " threads"
                + " and counts of "
                + state.counts().keySet());
      }
      return state;
    } catch (JsonProcessingException | NumberFormatException bad) {
      throw new IOException(file.path() + ": bad training state: " + bad.getMessage(), bad);
    }
  }
}
