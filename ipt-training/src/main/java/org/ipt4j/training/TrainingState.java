package org.ipt4j.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ipt4j.model.TensorFile;

/**
 * Where a run stands, as texts in a checkpoint's metadata.
 *
 * @param step the next step
 * @param counts how often each range of parameters has moved
 */
record TrainingState(long step, Map<String, Integer> counts) {
  private static final String PREFIX = "ipt4j.training.";
  private static final String STEP = PREFIX + "step";
  private static final String COUNTS = PREFIX + "counts";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The metadata of a checkpoint.
   *
   * @param settings what decides the run's weights, by name; compared when it is resumed
   */
  Map<String, String> toMetadata(Map<String, String> settings) throws IOException {
    Map<String, String> metadata = new HashMap<>();
    settings.forEach((name, value) -> metadata.put(PREFIX + name, value));
    metadata.put(STEP, Long.toString(step));
    metadata.put(COUNTS, JSON.writeValueAsString(counts));
    return metadata;
  }

  /**
   * The state a file holds.
   *
   * @param settings which the file's must equal
   * @param ranges whose counts the file must hold
   */
  static TrainingState of(TensorFile file, Map<String, String> settings, Set<String> ranges)
      throws IOException {
    Map<String, String> metadata = file.metadata();
    if (!metadata.keySet().containsAll(List.of(STEP, COUNTS))) {
      throw new IllegalArgumentException(
          file.path() + " is no checkpoint: expected the metadata " + STEP + ", found none");
    }
    settings.forEach(
        (name, expected) -> {
          String found = metadata.get(PREFIX + name);
          if (!expected.equals(found)) {
            throw new IllegalArgumentException(
                file.path()
                    + " is of another run: expected the "
                    + name
                    + " "
                    + expected
                    + ", got "
                    + found);
          }
        });
    try {
      TrainingState state =
          new TrainingState(
              Long.parseLong(metadata.get(STEP)),
              JSON.readValue(metadata.get(COUNTS), new TypeReference<Map<String, Integer>>() {}));
      if (state.step() < 0 || !state.counts().keySet().equals(ranges)) {
        throw new IOException(
            file.path()
                + ": expected a step of at least 0 and counts of "
                + ranges
                + ", got step "
                + state.step()
                + " and counts of "
                + state.counts().keySet());
      }
      return state;
    } catch (JsonProcessingException | NumberFormatException bad) {
      throw new IOException(file.path() + ": bad training state: " + bad.getMessage(), bad);
    }
  }
}
