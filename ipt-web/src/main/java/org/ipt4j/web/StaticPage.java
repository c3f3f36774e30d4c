package org.ipt4j.web;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.onnx.OnnxExport;
import org.ipt4j.onnx.Opset;
import org.ipt4j.weights.AtomicFiles;

/**
 * Writes the page as a folder of files for any web server: the browser itself restores, with ONNX
 * Runtime's WebAssembly build, and photographs stay in it.
 */
public final class StaticPage {
  /** The page itself, among its files. */
  public static final String INDEX = "index.html";

  /** The version of the npm package {@code onnxruntime-web} that the page was tried with. */
  public static final String RUNTIME_VERSION = "1.30.0";

  private static final List<String> RUNTIME =
      List.of("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm");
  private static final String MODELS = "models";
  private static final List<String> OWN = List.of("engine.js", "worker.js");

  /** In a folder while its page is written, and after that was interrupted. */
  private static final String UNFINISHED = "page-unfinished.txt";

  /** Nothing but the page's own files; WebAssembly is compiled, photographs are shown. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self';"
          + " connect-src 'self'; style-src 'self'; img-src 'self' blob:; base-uri 'none';"
          + " form-action 'none'";

  private static final String HEAD = "<meta charset=\"utf-8\">\n";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final IptModel model;
  private final Opset opset;
  private final Path runtime;

  /**
   * Of a model.
   *
   * @param opset of its tasks' files
   * @param runtime the folder of the npm package {@code onnxruntime-web}
   * @throws IllegalArgumentException if it is not there
   */
  public StaticPage(IptModel model, Opset opset, Path runtime) {
    for (String file : RUNTIME) {
      if (!Files.isReadable(runtime.resolve("dist").resolve(file))) {
        throw new IllegalArgumentException(
            "expected the npm package onnxruntime-web in "
                + runtime
                + ", found no dist/"
                + file
                + " there");
      }
    }
    this.model = model;
    this.opset = opset;
    this.runtime = runtime;
  }

  /**
   * Checks that a page can be written into a folder, which may not be there yet.
   *
   * @throws FileAlreadyExistsException if it has files, and no page to be replaced or finished
   * @throws IOException also if nothing may be written there ({@link AtomicFiles#check})
   */
  public static void checkFolder(Path folder) throws IOException {
    AtomicFiles.check(folder.resolve(INDEX));
    if (!Files.exists(folder.resolve(INDEX))
        && !Files.exists(folder.resolve(UNFINISHED))
        && Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        if (files.findAny().isPresent()) {
          throw new FileAlreadyExistsException(folder.toString());
        }
      }
    }
  }

  /**
   * Writes the page; its {@code index.html} last, so that a page that can be opened is complete. A
   * page whose writing was interrupted is written again.
   *
   * @param tasks some of the model's
   * @param notes what each task's file says of itself
   * @throws IOException also if the folder does not pass {@link #checkFolder}
   */
  public void write(Path folder, List<Task> tasks, Function<Task, Map<String, String>> notes)
      throws IOException {
    checkFolder(folder);
    Path index = folder.resolve(INDEX);
    Path unfinished = folder.resolve(UNFINISHED);
    Files.createDirectories(folder);
    Files.writeString(
        unfinished, "Not all of the page is here: ipt export --web writes the rest.\n");
    Files.deleteIfExists(index);
    for (String file : RUNTIME) {
      try (InputStream in = Files.newInputStream(runtime.resolve("dist").resolve(file))) {
        write(folder.resolve("ort").resolve(file), in);
      }
    }
    OnnxExport export = new OnnxExport(model).in(opset);
    Map<Task, String> files = export.fileNames();
    for (String file : files.values()) { // of a page with other tasks, too
      AtomicFiles.tidy(folder.resolve(MODELS).resolve(file));
      Files.deleteIfExists(folder.resolve(MODELS).resolve(file));
    }
    List<Task> own = tasks.stream().map(task -> model.task(task.name())).toList();
    List<Map<String, Object>> entries = TaskTitles.described(own);
    for (int i = 0; i < own.size(); i++) {
      Task task = own.get(i);
      String file = files.get(task);
      export.with(notes.apply(task)).write(task, folder.resolve(MODELS).resolve(file));
      entries.get(i).put("file", file);
      entries.get(i).put("side", model.config().imageSide());
      entries.get(i).put("overlap", ImageRestorer.defaultOverlap(model.config()));
    }
    write(folder.resolve(MODELS).resolve("tasks.json"), JSON.writeValueAsBytes(entries));
    for (String file : OWN) {
      try (InputStream in = StaticPage.class.getResourceAsStream("browser/" + file)) {
        write(folder.resolve(file), in);
      }
    }
    Map<String, Page.Resource> page = Page.resources();
    for (Map.Entry<String, Page.Resource> file : page.entrySet()) {
      String name = file.getKey().substring(1);
      if (!name.isEmpty() && !OWN.contains(name) && !name.endsWith(".yaml")) {
        write(folder.resolve(name), file.getValue().content());
      }
    }
    write(index, withPolicy(page.get("/").content()));
    Files.delete(unfinished);
  }

  private static byte[] withPolicy(byte[] index) {
    String meta = "<meta http-equiv=\"Content-Security-Policy\" content=\"" + POLICY + "\">\n";
    return new String(index, StandardCharsets.UTF_8)
        .replace(HEAD, HEAD + meta)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void write(Path file, InputStream content) throws IOException {
    AtomicFiles.tidy(file);
    AtomicFiles.write(file, channel -> content.transferTo(Channels.newOutputStream(channel)));
  }

  private static void write(Path file, byte[] content) throws IOException {
    write(file, new ByteArrayInputStream(content));
  }
}
