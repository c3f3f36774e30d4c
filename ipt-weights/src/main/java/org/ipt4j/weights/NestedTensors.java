package org.ipt4j.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The dictionaries of tensors in a checkpoint. Training programs wrap them under any names, beside
 * averaged copies, optimisers' moments and other networks. Wanted dictionaries come before others;
 * among these, averaged ones come first, since they are meant to be used; then the file's order
 * decides.
 *
 * @param dictionaries the one taken first
 */
record NestedTensors(List<Dictionary> dictionaries) {
  private static final int MAX_DEPTH = 4;
  private static final int LONGEST_KEY = 100;
  private static final int MOST_NAMED = 8;

  /**
   * A dictionary of tensors.
   *
   * @param path the keys that lead to it, joined by '.'; empty for the file itself
   * @param wanted whether its tensors' names are those looked for
   */
  record Dictionary(String path, Map<String, PickledTensor> tensors, boolean wanted) {
    private boolean isAveraged() {
      return WeightNames.isAveraged(path);
    }
  }

  static NestedTensors in(Object root, Predicate<Set<String>> wanted) {
    List<Dictionary> found = new ArrayList<>();
    collect("", root, 0, Collections.newSetFromMap(new IdentityHashMap<>()), wanted, found);
    found.sort(
        Comparator.comparing(Dictionary::wanted).thenComparing(Dictionary::isAveraged).reversed());
    return new NestedTensors(found);
  }

  private static void collect(
      String path,
      Object value,
      int depth,
      Set<Object> seen,
      Predicate<Set<String>> wanted,
      List<Dictionary> found) {
    if (!(value instanceof Map<?, ?> map) || depth > MAX_DEPTH || !seen.add(map)) {
      return;
    }
    Map<String, PickledTensor> tensors = new LinkedHashMap<>();
    map.forEach(
        (key, element) -> {
          if (element instanceof PickledTensor tensor) {
            if (key instanceof String name && !isCounter(tensor)) {
              tensors.put(name, tensor);
            }
          } else {
            collect(joined(path, key), element, depth + 1, seen, wanted, found);
          }
        });
    if (!tensors.isEmpty()) {
      found.add(new Dictionary(path, tensors, wanted.test(tensors.keySet())));
    }
  }

  /**
   * Whether it is a counter, such as n_averaged, which PyTorch's averaged models have beside their
   * weights.
   */
  private static boolean isCounter(PickledTensor tensor) {
    return tensor.shape().length == 0 && !tensor.storage().type().isFloating();
  }

  private static String joined(String path, Object key) {
    String name = String.valueOf(key);
    String start = name.substring(0, Math.min(name.length(), LONGEST_KEY));
    return path.isEmpty() ? start : path + "." + start;
  }

  boolean isEmpty() {
    return dictionaries.isEmpty();
  }

  Dictionary taken() {
    return dictionaries.get(0);
  }

  /**
   * Says which dictionary is taken, and which wanted ones are not; empty if it is the file itself.
   */
  String choice() {
    List<String> others =
        dictionaries.stream()
            .skip(1)
            .filter(Dictionary::wanted)
            .limit(MOST_NAMED)
            .map(NestedTensors::named)
            .toList();
    if (taken().path().isEmpty() && others.isEmpty()) {
      return "";
    }
    return named(taken()) + (others.isEmpty() ? "" : ", not " + String.join(", ", others));
  }

  private static String named(Dictionary dictionary) {
    return dictionary.path().isEmpty() ? "the outermost tensors" : dictionary.path();
  }
}
