package org.ipt4j.model;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ipt4j.core.Device;
import org.ipt4j.core.Precision;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.CorruptWeightsException;
import org.ipt4j.weights.TensorFile;

/**
 * Weights under the published names in a file that does not describe its network: a PyTorch
 * checkpoint of either form, or safetensors. The network's size follows from the tensors' shapes;
 * the caller gives what no shape tells.
 *
 * <p>A published file with one head is a model of one task. Row t of the embeddings belongs to head
 * t, as in the published code; rows for heads that the file does not have are left out.
 */
public final class PublishedWeights implements Closeable {
  private static final int SCALE_STEPS = 3; // of ×2: scale 8
  private static final int LARGEST_SIZE = 1 << 20; // so that no product of sizes overflows

  private final TensorFile file;
  private final String prefix;
  private final SortedMap<Integer, Integer> scales;

  private PublishedWeights(TensorFile file) throws IOException {
    this.file = file;
    this.prefix = PublishedNames.prefix(file.names());
    SortedMap<Integer, Integer> found = new TreeMap<>();
    for (int head : heads()) {
      found.put(head, scale(head));
    }
    this.scales = Collections.unmodifiableSortedMap(found);
  }

  /**
   * Opens a file of either kind; its first bytes tell which.
   *
   * @throws CorruptWeightsException if it is damaged, or its tails are of no known scale
   * @throws IllegalArgumentException if it is a model of this library; use {@link IptModel#load}
   */
  public static PublishedWeights open(Path path) throws IOException {
    TensorFile file = TensorFile.open(path, PublishedNames::areAmong);
    try {
      if (file.metadata().containsKey(ModelFile.DESCRIPTION)) {
        throw new IllegalArgumentException(
            path + " is a model of this library, which needs no importing");
      }
      return new PublishedWeights(ofOneNetwork(file));
    } catch (IOException | RuntimeException | Error failure) {
      file.close();
      throw failure;
    }
  }

  /**
   * Picks one network: a file may hold several, for instance generator. and generator_ema., and
   * other tensors.
   */
  private static TensorFile ofOneNetwork(TensorFile file) {
    List<String> prefixes = PublishedNames.prefixes(file.names());
    if (prefixes.isEmpty()) {
      return file;
    }
    String taken = prefixes.get(0);
    List<String> others = prefixes.subList(1, prefixes.size());
    String choice = taken.isEmpty() ? "" : "names without " + taken;
    if (!others.isEmpty()) {
      choice += (taken.isEmpty() ? "not" : ", not") + " those of " + String.join(", ", others);
    }
    return file.only(
        name ->
            name.startsWith(taken)
                && others.stream()
                    .noneMatch(other -> other.length() > taken.length() && name.startsWith(other)),
        choice);
  }

  /** The scale of each tail, by the number of the tail and its head in the file. */
  public SortedMap<Integer, Integer> scales() {
    return scales;
  }

  /**
   * Says, for people, what was taken of a file that wraps its weights: the keys that lead to them
   * and the prefix of their names; empty if the whole file has the published names.
   */
  public String taken() {
    return file.choice();
  }

  /** The texts that the file carries beside its tensors; empty for PyTorch's formats. */
  public Map<String, String> metadata() {
    return file.metadata();
  }

  /**
   * The value of white inside the network, found in the file's mean shifts, which are constants of
   * the published network; empty if the file was saved without them.
   *
   * @throws CorruptWeightsException if they do anything else than subtract and add the mean
   */
  public OptionalDouble rgbRange() throws IOException {
    return PublishedConstants.rgbRange(file, prefix);
  }

  /**
   * A model of some or all of the file's heads, with the published form of the decoder and without
   * input residual.
   *
   * @param attentionHeads A, which no shape tells; 12 as published
   * @param rgbRange as {@link #rgbRange} if the file says it; 255 as published
   * @param tasks what the heads to keep restore, by their numbers, in the order of the model's
   *     tasks
   * @throws CorruptWeightsException if tensors are missing, unexpected or of a wrong shape, naming
   *     all of them
   * @throws IllegalArgumentException if the file has no such head, one of another scale than its
   *     task, or another RGB range, or if no tasks are given
   */
  public IptModel model(int attentionHeads, double rgbRange, Map<Integer, Task> tasks)
      throws IOException {
    OptionalDouble inFile = rgbRange();
    if (inFile.isPresent() && inFile.getAsDouble() != rgbRange) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s is of RGB range %s, asked for %s",
              file.path(),
              inFile.getAsDouble(),
              rgbRange));
    }
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("expected heads to keep, got none");
    }
    tasks.forEach(this::checkScale);
    Set<Integer> dropped = new HashSet<>(scales.keySet());
    dropped.removeAll(tasks.keySet());
    List<Integer> kept = List.copyOf(tasks.keySet());
    return ModelFile.load(
        ParameterReader.ofSome(file, kept, dropped),
        config(kept.get(0), attentionHeads, rgbRange),
        List.copyOf(tasks.values()),
        TaskLayers.PUBLISHED,
        Device.of(Precision.FLOAT));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void checkScale(int head, Task task) {
    Integer scale = scales.get(head);
    if (scale == null) {
      throw new IllegalArgumentException(
          file.path() + " has no head " + head + "; it has " + scales.keySet());
    }
    if (task.scale() != scale) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "task %s is of scale %d, but head %d of %s is of scale %d",
              task.name(),
              task.scale(),
              head,
              file.path(),
              scale));
    }
  }

  private IptConfig config(int head, int attentionHeads, double rgbRange) throws IOException {
    String entrance = "head." + head + ".0";
    int c = size("features C", entrance + ".bias", 0, entrance + ".weight", 0);
    int d =
        size(
            "the embedding D",
            "body.linear_encoding.bias",
            0,
            "body.position_encoding.pe.weight",
            1);
    int s =
        size("tokens S", "body.position_encoding.pe.weight", 0, PublishedConstants.POSITION_IDS, 1);
    int patchSide = root(c > 0 && d % c == 0 ? d / c : 0);
    int perSide = root(s);
    if (patchSide == 0 || perSide == 0) {
      throw new CorruptWeightsException(
          file.path(),
          0,
          String.format(
              Locale.ROOT,
              "expected D = C·P² and a square of S tokens, got C %d, D %d, S %d",
              c,
              d,
              s));
    }
    return new IptConfig(
        c,
        patchSide * perSide,
        patchSide,
        attentionHeads,
        layers("body.encoder.layers"),
        layers("body.decoder.layers"),
        DecoderForm.MEMORY,
        rgbRange,
        false);
  }

  /** The integer root of a square, or 0 if it is none. */
  private static int root(int square) {
    int root = (int) Math.round(Math.sqrt(square));
    return root * root == square ? root : 0;
  }

  /** A size that can be read from either of two tensors. */
  private int size(String what, String first, int axis, String second, int otherAxis)
      throws CorruptWeightsException {
    OptionalLong size = size(first, axis);
    if (size.isEmpty()) {
      size = size(second, otherAxis);
    }
    if (size.isEmpty() || size.getAsLong() > LARGEST_SIZE) {
      throw new CorruptWeightsException(
          file.path(),
          0,
          String.format(
              Locale.ROOT,
              "expected %s, at most %d, in the shape of %s or %s, got %s",
              what,
              LARGEST_SIZE,
              prefix + first,
              prefix + second,
              size.isEmpty() ? "neither" : size.getAsLong()));
    }
    return (int) size.getAsLong();
  }

  private OptionalLong size(String name, int axis) {
    if (!file.names().contains(prefix + name)) {
      return OptionalLong.empty();
    }
    long[] shape = file.shape(prefix + name);
    return axis < shape.length ? OptionalLong.of(shape[axis]) : OptionalLong.empty();
  }

  private Set<Integer> heads() throws IOException {
    Set<Integer> heads = new TreeSet<>();
    for (String name : file.names()) {
      PublishedNames.head(name.substring(prefix.length())).ifPresent(heads::add);
    }
    if (heads.isEmpty()) {
      throw new CorruptWeightsException(
          file.path(),
          0,
          "expected the tensors of an image processing transformer, such as head.0.0.weight; got "
              + file.names());
    }
    return heads;
  }

  private int layers(String list) throws CorruptWeightsException {
    Pattern pattern = Pattern.compile(Pattern.quote(prefix + list) + "\\.([0-9]+)\\..*");
    Set<String> numbers = new HashSet<>();
    for (String name : file.names()) {
      Matcher matcher = pattern.matcher(name);
      if (matcher.matches()) {
        numbers.add(matcher.group(1));
      }
    }
    if (numbers.isEmpty()) {
      throw new CorruptWeightsException(
          file.path(), 0, "expected " + prefix + list + ".0, got none");
    }
    return numbers.size();
  }

  /** The scale of tail {@code head}: convolutions C → 4C double the side, one C → 9C triples it. */
  private int scale(int head) throws CorruptWeightsException {
    int steps = 0;
    String wrong = null;
    int scale = 1;
    for (String name = step(head, 0); file.names().contains(name); name = step(head, ++steps)) {
      long[] shape = file.shape(name);
      long factor =
          shape.length == 4 && shape[1] > 0 && shape[0] % shape[1] == 0 ? shape[0] / shape[1] : 0;
      boolean triples = factor == 9 && steps == 0 && !file.names().contains(step(head, 1));
      if (steps == SCALE_STEPS || !(factor == 4 || triples)) {
        wrong = name + " " + Arrays.toString(shape);
        break;
      }
      scale *= triples ? 3 : 2;
    }
    if (wrong != null) {
      throw new CorruptWeightsException(
          file.path(), 0, "expected a tail of scale 1, 2, 3, 4 or 8, got " + wrong);
    }
    return scale;
  }

  private String step(int head, int step) {
    return prefix + "tail." + head + ".0." + 2 * step + ".weight";
  }
}
