package org.ipt4j.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.model.ModelFile;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;

/** Files that {@link Trainer#save} wrote, as numbers that can be averaged. */
public final class TrainingStates {
  private static final String VELOCITIES = ModelFile.EXTRA + "outer.";

  private TrainingStates() {}

  /**
   * Writes the mean of some states of one run at one step: of their weights, averaged weights and
   * moments. Sums are taken in double, in the order of {@code states}; memory is taken for one
   * tensor at a time.
   *
   * @throws IllegalArgumentException if the states differ in anything but their numbers
   */
  public static void mean(List<Path> states, Path target) throws IOException {
    write(states, target, parts -> parts.means(parts.first().names()));
  }

  /** As {@link #mean}, the weights moved from those of {@code state} by the rounds' outer step. */
  static void join(Path state, List<Path> states, Rounds rounds, Path target) throws IOException {
    if (rounds.isAverage()) {
      mean(states, target);
      return;
    }
    try (TensorFile before = SafeTensors.open(state)) {
      write(
          states,
          target,
          parts -> {
            Map<String, Tensor> tensors = parts.means(parts.first().names());
            List<String> weights =
                parts.first().names().stream().filter(name -> isWeight(name, parts)).toList();
            for (String name : weights) {
              long[] shape = parts.first().shape(name);
              OuterStep step = new OuterStep(before, parts, rounds, name);
              tensors.put(name, Tensor.of(shape, step::weights));
              tensors.put(VELOCITIES + name, Tensor.of(shape, step::velocities));
            }
            return tensors;
          });
    }
  }

  /** Where the model is averaged, what moves lies beside it. */
  private static boolean isWeight(String name, Parts parts) {
    boolean averaged =
        parts.first().names().stream().anyMatch(each -> each.startsWith(Trainer.WEIGHTS));
    return averaged
        ? name.startsWith(Trainer.WEIGHTS)
        : parts.first().isFloating(name) && !name.startsWith(ModelFile.EXTRA);
  }

  private interface Content {
    Map<String, Tensor> tensors(Parts parts) throws IOException;
  }

  private static void write(List<Path> states, Path target, Content content) throws IOException {
    if (states.isEmpty()) {
      throw new IllegalArgumentException("expected at least one state, got none");
    }
    List<TensorFile> open = new ArrayList<>();
    try {
      for (Path state : states) {
        open.add(SafeTensors.open(state));
        checkAlike(open.get(0), open.get(open.size() - 1));
      }
      Parts parts = new Parts(open);
      SafeTensors.write(target, metadata(parts.first()), content.tensors(parts));
    } catch (UncheckedIOException failure) {
      throw failure.getCause();
    } finally {
      for (TensorFile file : open) {
        file.close();
      }
    }
  }

  private static Map<String, String> metadata(TensorFile state) {
    Map<String, String> metadata = new LinkedHashMap<>(state.metadata());
    metadata.remove(SafeTensors.CHECKSUM);
    return metadata;
  }

  private static void checkAlike(TensorFile first, TensorFile other) {
    Map<String, String> expected = metadata(first);
    Map<String, String> found = metadata(other);
    for (String key : expected.keySet()) {
      if (!expected.get(key).equals(found.get(key))) {
        throw differ(first, other, key, expected.get(key), found.get(key));
      }
    }
    if (!expected.keySet().equals(found.keySet())) {
      throw differ(first, other, "metadata", expected.keySet(), found.keySet());
    }
    if (!first.names().equals(other.names())) {
      throw differ(first, other, "tensors", first.names(), other.names());
    }
    for (String name : first.names()) {
      if (!Arrays.equals(first.shape(name), other.shape(name))) {
        String shape = Arrays.toString(first.shape(name));
        throw differ(first, other, name, shape, Arrays.toString(other.shape(name)));
      }
    }
  }

  private static IllegalArgumentException differ(
      TensorFile first, TensorFile other, String what, Object expected, Object got) {
    return new IllegalArgumentException(
        other.path()
            + " is of another run or step than "
            + first.path()
            + ": "
            + what
            + ": expected "
            + expected
            + ", got "
            + got);
  }

  /** States that are alike, open. */
  private record Parts(List<TensorFile> files) {
    TensorFile first() {
      return files.get(0);
    }

    /** Whole numbers, which are constants, are those of the first. */
    Map<String, Tensor> means(Iterable<String> names) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : names) {
        tensors.put(
            name,
            first().isFloating(name)
                ? Tensor.of(first().shape(name), numbers -> round(mean(name), numbers))
                : first().tensor(name));
      }
      return tensors;
    }

    double[] mean(String name) {
      try {
        double[] sums = first().readDoubles(name);
        for (TensorFile file : files.subList(1, files.size())) {
          float[] numbers = file.read(name);
          for (int i = 0; i < sums.length; i++) {
            sums[i] += numbers[i];
          }
        }
        for (int i = 0; i < sums.length; i++) {
          sums[i] /= files.size();
        }
        return sums;
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }

  private static void round(double[] exact, float[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) exact[i];
    }
  }

  /** Nesterov's momentum towards the mean of one tensor. */
  private record OuterStep(TensorFile before, Parts parts, Rounds rounds, String name) {
    /** v ← μ v + Δ. */
    void velocities(float[] numbers) {
      double[] old = read(name);
      round(velocity(old, parts.mean(name)), numbers);
    }

    /** w ← w − η (Δ + μ v). */
    void weights(float[] numbers) {
      double[] old = read(name);
      double[] mean = parts.mean(name);
      double[] velocity = velocity(old, mean);
      for (int i = 0; i < numbers.length; i++) {
        double delta = old[i] - mean[i];
        numbers[i] = (float) (old[i] - rounds.rate() * (delta + rounds.momentum() * velocity[i]));
      }
    }

    private double[] velocity(double[] old, double[] mean) {
      boolean first = !before.names().contains(VELOCITIES + name);
      double[] velocity = first ? new double[old.length] : read(VELOCITIES + name);
      for (int i = 0; i < velocity.length; i++) {
        velocity[i] = rounds.momentum() * velocity[i] + old[i] - mean[i];
      }
      return velocity;
    }

    private double[] read(String tensor) {
      try {
        return before.readDoubles(tensor);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }
}
