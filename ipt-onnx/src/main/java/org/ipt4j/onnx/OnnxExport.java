package org.ipt4j.onnx;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.data.image.Image;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Task;
import org.ipt4j.weights.AtomicFiles;

/**
 * Writes a model's tasks as ONNX files, which restore without this library. A file has the input
 * {@code degraded} [N,3,H,W] and the output {@code restored} [N,3,sH,sW], float32 in 0..255; the
 * output is neither clipped nor rounded. N is free; H and W are the configuration's image side, so
 * larger images must be cut into tiles. The weights have the published names and shapes, except
 * that the task's embedding is one row of the published tensor, {@code body.query_embed.weight.t}
 * [S,D]. The graph comes from a traced pass ({@link Tape#tracing}), so heads and tails of your own
 * are exported too.
 *
 * <p>Metadata: {@code ipt4j.task}, {@code ipt4j.undoes}, {@code ipt4j.use}, {@code ipt4j.scale}
 * (s), {@code ipt4j.side} (H = W), {@code ipt4j.overlap} (what neighbouring tiles should share),
 * {@code ipt4j.version}, and the notes given.
 */
public final class OnnxExport {
  static final String INPUT = "degraded";
  static final String OUTPUT = "restored";

  private static final long MOST = Integer.MAX_VALUE; // bytes of a message, by Protocol Buffers

  private final IptModel model;
  private final Opset opset;
  private final Map<String, String> notes;

  /** An export of a model in {@link Opset#V17} and without notes. */
  public OnnxExport(IptModel model) {
    this(model, Opset.V17, Map.of());
  }

  private OnnxExport(IptModel model, Opset opset, Map<String, String> notes) {
    this.model = model;
    this.opset = opset;
    this.notes = notes;
  }

  /** The same in another version of ONNX's operators. */
  public OnnxExport in(Opset other) {
    return new OnnxExport(model, other, notes);
  }

  /** The same with texts to keep in the file, for instance the weights' licence. */
  public OnnxExport with(Map<String, String> otherNotes) {
    return new OnnxExport(model, opset, Map.copyOf(otherNotes));
  }

  /** A file name for each of the model's tasks, its own as far as every file system allows. */
  public Map<Task, String> fileNames() {
    Map<Task, String> names = new LinkedHashMap<>();
    Set<String> used = new HashSet<>();
    for (Task task : model.tasks()) {
      String own = task.name().replaceAll("[^A-Za-z0-9.=+-]", "_");
      String name = own;
      for (int count = 2; !used.add(name.toLowerCase(Locale.ROOT)); count++) {
        name = own + "." + count;
      }
      names.put(task, name + ".onnx");
    }
    return names;
  }

  /**
   * Writes a file, complete or not at all; an existing file is replaced.
   *
   * @param task one of the model's
   * @throws IllegalArgumentException if an operation of its network has no form in ONNX, naming it,
   *     or the file would have 2 GiB or more
   */
  public void write(Task task, Path file) throws IOException {
    Message message = message(model.task(task.name()));
    long size = message.size();
    if (size > MOST) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "an ONNX file has at most %,d bytes, got %,d", MOST, size));
    }
    AtomicFiles.write(
        file,
        channel -> {
          OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
          message.writeTo(out);
          out.flush();
        });
  }

  private Message message(Task task) throws IOException {
    int side = model.config().imageSide();
    int large = side * task.scale();
    Message message =
        new Message()
            .add(1, opset.format())
            .add(2, "ipt4j")
            .add(3, ModelFile.version())
            .add(6, task.use())
            .add(7, traced(task).message("ipt", batch(INPUT, side), batch(OUTPUT, large)))
            .add(8, new Message().add(1, "").add(2, opset.version()));
    metadata(task)
        .forEach((key, value) -> message.add(14, new Message().add(1, key).add(2, value)));
    return message;
  }

  private static Message batch(String name, int side) {
    return OnnxGraph.batch(name, Image.CHANNELS, side, side);
  }

  private OnnxGraph traced(Task task) {
    IptConfig config = model.config();
    int side = config.imageSide();
    try (Tape tape = Tape.tracing(model.values())) {
      float[] black = new float[Image.CHANNELS * side * side];
      Variable x = tape.input(black, 0, 1, Image.CHANNELS, side, side);
      boolean scaled = config.level() != 1;
      Variable inside = scaled ? Ops.scale(tape, x, config.level()) : x;
      Variable y = model.forward(tape, task, inside).restored();
      Variable restored = scaled ? Ops.scale(tape, y, 1 / config.level()) : y;
      return new Translation(opset, model.values()).graph(tape.nodes(), restored);
    }
  }

  private Map<String, String> metadata(Task task) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(notes);
    metadata.put(ModelFile.OWN_NOTES + "task", task.name());
    metadata.put(ModelFile.OWN_NOTES + "undoes", task.degradation());
    metadata.put(ModelFile.OWN_NOTES + "use", task.use());
    metadata.put(ModelFile.OWN_NOTES + "scale", Integer.toString(task.scale()));
    metadata.put(ModelFile.OWN_NOTES + "side", Integer.toString(model.config().imageSide()));
    metadata.put(
        ModelFile.OWN_NOTES + "overlap",
        Integer.toString(ImageRestorer.defaultOverlap(model.config())));
    metadata.put(ModelFile.VERSION, ModelFile.version());
    return metadata;
  }
}
