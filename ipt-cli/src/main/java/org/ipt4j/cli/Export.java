package org.ipt4j.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Task;
import org.ipt4j.onnx.OnnxExport;
import org.ipt4j.onnx.Opset;
import org.ipt4j.weights.TensorFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model's tasks as ONNX files. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Writes a model's tasks as ONNX files, which other programs run: pixels 0..255 in and out,"
            + " in tiles of the model's size, any number at once.")
final class Export implements Callable<Integer> {
  private static final String ENDING = ".onnx";

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Option(
      names = "--task",
      paramLabel = "NAME",
      description = "One of the model's tasks; otherwise all, each in a file of its own.")
  private String task;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "OUT",
      description = "The file of --task (.onnx), else a folder for the files of all tasks.")
  private Path out;

  @Option(
      names = "--opset",
      paramLabel = "N",
      defaultValue = "17",
      description =
          "The version of ONNX's operators: ${DEFAULT-VALUE}, which runs nearly everywhere, or 23,"
              + " which newer runtimes compute in less memory.")
  private int opset;

  @Option(names = "--force", description = "Replace files that exist.")
  private boolean force;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Export(), args));
  }

  @Override
  public Integer call() throws IOException {
    Opset wanted = Opset.of(opset);
    try (TensorFile tensors = new GivenModel(model).open()) {
      IptModel loaded = ModelFile.load(tensors);
      Map<Task, Path> files = files(loaded);
      for (Path file : files.values()) {
        if (Files.exists(file) && !force) {
          throw new FileAlreadyExistsException(file.toString());
        }
      }
      for (Map.Entry<Task, Path> each : files.entrySet()) {
        new OnnxExport(loaded)
            .in(wanted)
            .with(notes(tensors.metadata(), each.getKey()))
            .write(each.getKey(), each.getValue());
        spec.commandLine()
            .getOut()
            .printf(
                Locale.ROOT,
                "%s: %s, %.1f MB%n",
                each.getKey().name(),
                each.getValue(),
                Files.size(each.getValue()) / 1e6);
      }
    }
    return 0;
  }

  private Map<Task, Path> files(IptModel loaded) {
    Map<Task, Path> files = new LinkedHashMap<>();
    if (task != null) {
      files.put(AskedTask.of(loaded, task), out);
    } else if (out.toString().endsWith(ENDING)) {
      files.put(AskedTask.of(loaded, null), out); // says which tasks there are
    } else {
      fileNames(loaded.tasks()).forEach((each, name) -> files.put(each, out.resolve(name)));
    }
    return files;
  }

  /** A file's name for each task: its own, as far as every file system allows. */
  private static Map<Task, String> fileNames(List<Task> tasks) {
    Map<Task, String> names = new LinkedHashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (Task each : tasks) {
      String name = each.name().replaceAll("[^A-Za-z0-9.=+-]", "_");
      int count = counts.merge(name.toLowerCase(Locale.ROOT), 1, Integer::sum);
      names.put(each, name + (count == 1 ? "" : "." + count) + ENDING);
    }
    return names;
  }

  /** What the model's file says of itself and the task. */
  private static Map<String, String> notes(Map<String, String> metadata, Task task) {
    Map<String, String> notes = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (!key.startsWith(ModelFile.OWN_NOTES)
              && (!key.startsWith(Info.MEASURED) || key.equals(Info.MEASURED + task.name()))) {
            notes.put(key, value);
          }
        });
    return notes;
  }
}
