package org.ipt4j.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.ipt4j.web.StaticPage;
import org.ipt4j.weights.AtomicFiles;
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
        "Writes a model's tasks as ONNX files, which other programs run: pixels 0..255 in and"
            + " out, in tiles of the model's size, any number at once. Or writes a page on which the"
            + " browser itself restores photographs.")
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
      description = "One of the model's tasks; otherwise all, one file each.")
  private String task;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "OUT",
      description = "The file of --task (.onnx), else a folder for the files of all tasks.")
  private Path out;

  @Option(
      names = "--web",
      paramLabel = "DIR",
      description =
          "Instead of --out: a folder for a page with this task, or all, for any web server: the"
              + " browser restores, and photographs stay in it.")
  private Path web;

  @Option(
      names = "--runtime",
      paramLabel = "PACKAGE",
      description =
          "With --web: the folder of the npm package onnxruntime-web, with which the page runs the"
              + " model; otherwise npm fetches it (33 MB).")
  private Path runtime;

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
    if ((out == null) == (web == null)) {
      throw new IllegalArgumentException("expected either --out OUT or --web DIR");
    }
    if (runtime != null && web == null) {
      throw new IllegalArgumentException("--runtime goes with --web, not with --out");
    }
    Opset wanted = Opset.of(opset);
    try (TensorFile tensors = new GivenModel(model).open()) {
      IptModel loaded = ModelFile.load(tensors);
      if (web == null) {
        writeFiles(loaded, wanted, tensors.metadata());
      } else {
        writePage(loaded, wanted, tensors.metadata());
      }
    }
    return 0;
  }

  private void writeFiles(IptModel loaded, Opset wanted, Map<String, String> metadata)
      throws IOException {
    OnnxExport export = new OnnxExport(loaded).in(wanted);
    Map<Task, Path> files = files(loaded, export);
    for (Path file : files.values()) {
      if (Files.exists(file) && !force) {
        throw new FileAlreadyExistsException(file.toString());
      }
      AtomicFiles.check(file);
    }
    for (Map.Entry<Task, Path> each : files.entrySet()) {
      export.with(notes(metadata, each.getKey())).write(each.getKey(), each.getValue());
      print(
          "%s: %s, %.1f MB%n",
          each.getKey().name(), each.getValue(), Files.size(each.getValue()) / 1e6);
    }
  }

  private Map<Task, Path> files(IptModel loaded, OnnxExport export) {
    Map<Task, Path> files = new LinkedHashMap<>();
    if (task != null) {
      if (!out.toString().endsWith(ENDING)) {
        throw new IllegalArgumentException("the file of --task ends in " + ENDING + ", got " + out);
      }
      files.put(AskedTask.of(loaded, task), out);
    } else if (out.toString().endsWith(ENDING)) {
      files.put(AskedTask.of(loaded, null), out); // says which tasks there are
    } else {
      export.fileNames().forEach((each, name) -> files.put(each, out.resolve(name)));
    }
    return files;
  }

  private void writePage(IptModel loaded, Opset wanted, Map<String, String> metadata)
      throws IOException {
    List<Task> tasks = task == null ? loaded.tasks() : List.of(AskedTask.of(loaded, task));
    Path index = web.resolve(StaticPage.INDEX);
    if (Files.exists(index) && !force) {
      throw new FileAlreadyExistsException(index.toString());
    }
    StaticPage.checkFolder(web); // before npm fetches anything
    try (RuntimePackage fetched = RuntimePackage.of(runtime)) {
      new StaticPage(loaded, wanted, fetched.folder())
          .write(web, tasks, each -> notes(metadata, each));
    }
    print("page: %s, to be put behind any web server%n", web);
  }

  private void print(String format, Object... values) {
    spec.commandLine().getOut().printf(Locale.ROOT, format, values);
    spec.commandLine().getOut().flush();
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
