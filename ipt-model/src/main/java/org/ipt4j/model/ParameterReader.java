package org.ipt4j.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.weights.CorruptWeightsException;
import org.ipt4j.weights.TensorFile;

/**
 * Fills a network's parameters from a file with the published names. Task t of the network uses
 * head {@code heads.get(t)} of the file and the same row of its embeddings, as in the published
 * code.
 */
final class ParameterReader {
  private final TensorFile file;
  private final String prefix;
  private final List<Integer> heads;
  private final Set<Integer> dropped;

  private ParameterReader(TensorFile file, List<Integer> heads, Set<Integer> dropped) {
    this.file = file;
    this.prefix = PublishedNames.prefix(file.names());
    this.heads = heads;
    this.dropped = dropped;
  }

  /** A reader of all {@code count} heads of a file. */
  static ParameterReader ofAll(TensorFile file, int count) {
    return new ParameterReader(file, IntStream.range(0, count).boxed().toList(), Set.of());
  }

  /** A reader of some of a file's heads, in this order; {@code dropped} are those left out. */
  static ParameterReader ofSome(TensorFile file, List<Integer> heads, Set<Integer> dropped) {
    return new ParameterReader(file, heads, dropped);
  }

  /**
   * Checks that the file has enough tensors for so many layers and tasks, each of which needs some.
   *
   * @throws CorruptWeightsException if the file has too few
   */
  void checkCounts(IptConfig config, List<Task> tasks) throws CorruptWeightsException {
    long parts = (long) config.encoderLayers() + config.decoderLayers() + tasks.size();
    if (parts > file.names().size()) {
      throw new CorruptWeightsException(
          file.path(),
          0,
          String.format(
              Locale.ROOT,
              "%d+%d layers and %d tasks cannot be in %d tensors",
              config.encoderLayers(),
              config.decoderLayers(),
              tasks.size(),
              file.names().size()));
    }
  }

  /**
   * Compares names and shapes, which takes hardly any memory.
   *
   * @throws CorruptWeightsException if the file's tensors are not those of the network; the message
   *     lists everything that is wrong
   */
  void check(ParameterLayout layout) throws CorruptWeightsException {
    Map<String, long[]> expected = new LinkedHashMap<>();
    for (Parameter parameter : layout.parameters()) {
      if (PublishedNames.isTaskEmbedding(parameter)) {
        expected.put(embeddings(), new long[] {embeddingRows(), parameter.length()});
      } else {
        expected.put(nameInFile(parameter), parameter.shape());
      }
    }
    List<String> problems = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          if (!file.names().contains(name)) {
            problems.add("missing " + name);
          } else if (!Arrays.equals(file.shape(name), shape)) {
            problems.add(
                String.format(
                    Locale.ROOT,
                    "%s: expected %s, got %s",
                    name,
                    Arrays.toString(shape),
                    Arrays.toString(file.shape(name))));
          }
        });
    for (String name : file.names()) {
      if (!expected.containsKey(name) && !isBeside(name.substring(prefix.length()))) {
        problems.add("unexpected " + name);
      }
    }
    if (!problems.isEmpty()) {
      throw new CorruptWeightsException(
          file.path(),
          0,
          problems.size() + " tensors do not fit the network: " + String.join("; ", problems));
    }
  }

  /** Whether the file may have this tensor without it being read. */
  private boolean isBeside(String name) {
    return PublishedConstants.isOne(name)
        || name.startsWith(ModelFile.EXTRA)
        || PublishedNames.head(name).stream().anyMatch(dropped::contains);
  }

  /**
   * Checks the file, then reads it.
   *
   * @throws CorruptWeightsException as {@link #check}, with {@code values} unchanged; or if a
   *     number is not finite, with some of them read
   */
  void read(ParameterVector values) throws IOException {
    check(values.layout());
    List<Parameter> embeddings = new ArrayList<>();
    Map<Integer, float[]> arrays = new HashMap<>(); // by length, used again
    for (Parameter parameter : values.layout().parameters()) {
      if (PublishedNames.isTaskEmbedding(parameter)) {
        embeddings.add(parameter);
      } else {
        float[] numbers = arrays.computeIfAbsent(Math.toIntExact(parameter.length()), float[]::new);
        file.read(nameInFile(parameter), 0, numbers);
        values.write(parameter, numbers);
      }
    }
    float[] table = file.read(embeddings());
    int length = (int) embeddings.get(0).length();
    for (int t = 0; t < embeddings.size(); t++) {
      int from = heads.get(t) * length;
      values.write(embeddings.get(t), Arrays.copyOfRange(table, from, from + length));
    }
  }

  private String nameInFile(Parameter parameter) {
    return prefix + PublishedNames.withHeads(parameter.name(), heads);
  }

  private String embeddings() {
    return prefix + PublishedNames.TASK_EMBEDDINGS;
  }

  /** The number of the file's embedding rows; there may be more than heads, but not fewer. */
  private long embeddingRows() {
    long needed = heads.stream().mapToInt(head -> head + 1).max().orElseThrow();
    if (!file.names().contains(embeddings())) {
      return needed;
    }
    long[] shape = file.shape(embeddings());
    return shape.length == 0 ? needed : Math.max(needed, shape[0]);
  }
}
