package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.PublishedWeights;
import org.ipt4j.model.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a model of published weights. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Imports weights with the published names as a model: a PyTorch checkpoint (nothing in it is"
          + " executed) or safetensors.",
      "Sizes and scales are read from the tensors' shapes; options say what the shapes do not."
    })
final class Import implements Callable<Integer> {
  private static final double PUBLISHED_RGB_RANGE = 255;

  @Parameters(paramLabel = "FILE", description = "The weights (.pt, .pth, .safetensors).")
  private Path file;

  @Option(
      names = "--tasks",
      split = TaskOption.COMMA,
      splitSynopsisLabel = ",",
      paramLabel = "TASK",
      description =
          "The file's tasks, or those to keep, separated by commas: what each head restores, for"
              + " instance x2,denoise30, or NAME=DEGRADATION to give a task another name.")
  private List<String> tasks = List.of();

  @Option(
      names = "--keep",
      split = ",",
      paramLabel = "HEAD",
      description = "Numbers of the heads to keep, in the order of --tasks; otherwise all.")
  private List<Integer> keep = List.of();

  @Option(
      names = "--attention-heads",
      paramLabel = "A",
      description = "Number of attention heads; as published: 12.")
  private Integer attentionHeads;

  @Option(
      names = "--rgb-range",
      paramLabel = "R",
      description =
          "The network's value of white, if the file has no mean shifts; as published: 255.")
  private Double rgbRange;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "MODEL",
      description = "The model's file (.safetensors).")
  private Path out;

  @Option(names = "--force", description = "Replace MODEL if it exists.")
  private boolean force;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Import(), args));
  }

  @Override
  public Integer call() throws IOException {
    if (Files.exists(out) && !force) {
      throw new FileAlreadyExistsException(out.toString());
    }
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      Map<Integer, Task> named = named(weights.scales());
      double range = weights.rgbRange().orElse(PUBLISHED_RGB_RANGE);
      IptModel model = weights.model(attentionHeads, rgbRange == null ? range : rgbRange, named);
      Map<String, String> notes = new LinkedHashMap<>(weights.metadata());
      String taken = weights.taken().isEmpty() ? "" : ", " + weights.taken();
      notes.put("imported", file.getFileName() + taken + ", heads " + named.keySet());
      model.save(out, notes);
      PrintWriter print = spec.commandLine().getOut();
      if (!weights.taken().isEmpty()) {
        print.printf(Locale.ROOT, "weights: %s%n", weights.taken());
      }
      print.println("input residual: none, as published");
      named.forEach((head, task) -> print.printf(Locale.ROOT, "head %d: %s%n", head, task.name()));
      print.printf(Locale.ROOT, "model: %s%n", out);
    }
    return 0;
  }

  /** Tasks by their heads' numbers, or an error that says all that is to be added to the call. */
  private Map<Integer, Task> named(Map<Integer, Integer> scales) {
    List<Integer> heads = keep.isEmpty() ? List.copyOf(scales.keySet()) : keep;
    List<String> needed = new ArrayList<>();
    if (tasks.size() != heads.size()) {
      needed.add(
          String.format(
              Locale.ROOT,
              "--tasks with %s for heads %s, got %d (--keep takes other heads)",
              Commands.count(heads.size(), "name"),
              heads,
              tasks.size()));
    }
    if (attentionHeads == null) {
      needed.add("--attention-heads, which no shape tells (as published: 12)");
    }
    if (!needed.isEmpty()) {
      throw new IllegalArgumentException(
          file + " has " + described(scales) + "; expected " + String.join(", and ", needed));
    }
    Map<Integer, Task> named = new LinkedHashMap<>();
    for (int i = 0; i < heads.size(); i++) {
      if (named.put(heads.get(i), TaskOption.task(tasks.get(i))) != null) {
        throw new IllegalArgumentException("--keep has head " + heads.get(i) + " twice");
      }
    }
    return named;
  }

  private static String described(Map<Integer, Integer> scales) {
    List<String> heads = new ArrayList<>();
    scales.forEach((head, scale) -> heads.add("head " + head + " of scale " + scale));
    return String.join(", ", heads);
  }
}
