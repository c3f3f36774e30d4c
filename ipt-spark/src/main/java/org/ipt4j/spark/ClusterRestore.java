package org.ipt4j.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.ipt4j.cli.Targets;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.Picture;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores folders of images on a cluster, each image on one executor. A result is complete or
 * absent, whatever is killed when; what is there already is left, so that a run that was stopped is
 * taken up by running it again. An image that ends every executor that takes it is found out and
 * named, and the others are restored. One run at a time has an output folder.
 */
public final class ClusterRestore {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterRestore.class);
  private static final String OUTCOMES = "_outcomes";

  /** Makes a restorer of a model; called on executors. */
  public interface Restoring extends Serializable {
    /** A restorer. */
    ImageRestorer restorer(IptModel model);
  }

  /**
   * How to restore.
   *
   * @param model what with
   * @param task the name of one of its tasks
   * @param format of the results; null for each image's own, as its name tells it, and PNG for GIF
   *     and WebP
   * @param force whether results that are there are made anew
   * @param chunk how many images make a job, whose outcomes are written together
   */
  public record Settings(
      ClusterModel model,
      String task,
      Restoring restoring,
      ImageFormat format,
      boolean force,
      int chunk) {
    /** Checks the numbers. */
    public Settings {
      if (chunk < 1) {
        throw new IllegalArgumentException("a chunk has at least 1 image, got " + chunk);
      }
    }

    /** The usual way. */
    public Settings(ClusterModel model, String task) {
      this(model, task, ImageRestorer::new, null, false, 10_000);
    }
  }

  private record Image(String image, String target, ImageFormat as) implements Serializable {}

  private final JavaSparkContext spark;
  private final Settings settings;
  private final HadoopFiles files;

  /**
   * Nothing is restored yet.
   *
   * @throws IllegalArgumentException if the model has no such task, or Spark's settings do not fit
   */
  public ClusterRestore(JavaSparkContext spark, Settings settings) throws IOException {
    ClusterSettings.check(spark.getConf());
    IptModel model = settings.model().model();
    model.task(settings.task());
    settings.restoring().restorer(model); // refuses what does not fit the model
    this.spark = spark;
    this.settings = settings;
    this.files = new HadoopFiles(spark);
  }

  /**
   * Restores.
   *
   * @param inputs URIs of folders, whose structure is kept, and of images; what is given twice is
   *     restored once
   * @param output the folder's URI
   * @param progress is told how many images are done, of how many, after each chunk
   * @throws IllegalArgumentException if an input has no images, or a result would lie among them or
   *     replace one
   */
  public RestoreReport run(List<String> inputs, String output, Consumer<String> progress)
      throws IOException, InterruptedException {
    List<Image> all = images(inputs, output);
    files.tidy(output);
    Map<Outcome.Status, Integer> counts = new EnumMap<>(Outcome.Status.class);
    for (Outcome.Status status : Outcome.Status.values()) {
      counts.put(status, 0);
    }
    List<Image> missing = missing(all, output);
    counts.put(Outcome.Status.KEPT, all.size() - missing.size());
    List<Outcome> failures = new ArrayList<>();
    String run = UUID.randomUUID().toString();
    String outcomes = HadoopFiles.in(output, OUTCOMES);
    Broadcast<Work> work =
        spark.broadcast(new Work(files, settings.model(), settings.task(), settings.restoring()));
    try {
      Function<Image, Outcome> one = image -> work.value().restore(image);
      Chunks<Image, Outcome> chunks = new Chunks<>(spark, one, ClusterRestore::crashed);
      for (int from = 0; from < missing.size(); from += settings.chunk()) {
        int end = Math.min(missing.size(), from + settings.chunk());
        List<Outcome> done = chunks.run(missing.subList(from, end));
        files.write(
            json(done), String.format(Locale.ROOT, "%s/%s-%09d.jsonl", outcomes, run, from));
        for (Outcome outcome : done) {
          counts.merge(outcome.status(), 1, Integer::sum);
          if (outcome.status() != Outcome.Status.RESTORED) {
            failures.add(outcome);
          }
        }
        progress.accept(
            String.format(
                Locale.ROOT, "%d/%d images", all.size() - missing.size() + end, all.size()));
      }
    } finally {
      work.destroy();
    }
    return new RestoreReport(counts, failures, outcomes);
  }

  /** Without the names of those whose results are there. */
  private List<Image> missing(List<Image> all, String output) throws IOException {
    if (settings.force()) {
      return all;
    }
    String start = HadoopFiles.in(files.qualified(output), "");
    Set<String> there = new HashSet<>(files.below(output, null));
    return all.stream()
        .filter(image -> !there.contains(image.target().substring(start.length())))
        .toList();
  }

  private List<Image> images(List<String> inputs, String output) throws IOException {
    Map<String, Path> found = new LinkedHashMap<>(); // an image once, in its first place
    String out = files.qualified(output);
    for (String input : inputs) {
      String whole = files.qualified(input);
      if (whole.equals(out)) {
        throw new IllegalArgumentException(
            input + ": results would lie among the images; give another output");
      }
      boolean none = true;
      if (files.isFolder(input)) {
        for (String name : files.below(input, output)) {
          if (ImageFiles.isImage(Path.of(name))) {
            found.putIfAbsent(HadoopFiles.in(whole, name), Path.of(name));
            none = false;
          }
        }
      } else if (files.exists(input)) {
        found.putIfAbsent(whole, Path.of(whole).getFileName());
        none = false;
      }
      if (none) {
        throw HadoopImages.none(files, input);
      }
    }
    List<Path> places = List.copyOf(found.values());
    List<ImageFormat> formats = places.stream().map(this::format).toList();
    List<Path> targets = Targets.of(places, formats, base -> base);
    List<Image> images = new ArrayList<>();
    for (String image : found.keySet()) {
      int i = images.size();
      String target = HadoopFiles.in(out, targets.get(i).toString().replace('\\', '/'));
      if (found.containsKey(target)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s: would be replaced by %s result; give another output",
                target,
                target.equals(image) ? "its own" : image + "'s"));
      }
      images.add(new Image(image, target, formats.get(i)));
    }
    return images;
  }

  private ImageFormat format(Path place) {
    String name = place.getFileName().toString();
    return settings.format() != null
        ? settings.format()
        : Stream.of(ImageFormat.values())
            .filter(format -> format.isNamed(name))
            .findFirst()
            .orElse(ImageFormat.PNG);
  }

  private static Outcome crashed(Image image, String why) {
    return new Outcome(image.image(), image.target(), Outcome.Status.CRASHED, why, 0, "");
  }

  private static String json(List<Outcome> outcomes) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    StringBuilder lines = new StringBuilder();
    for (Outcome outcome : outcomes) {
      lines.append(mapper.writeValueAsString(outcome)).append('\n');
    }
    return lines.toString();
  }

  /** What an executor does. */
  private record Work(HadoopFiles files, ClusterModel model, String task, Restoring restoring)
      implements Serializable {
    Outcome restore(Image image) throws IOException {
      long start = System.nanoTime();
      Outcome.Status status = Outcome.Status.RESTORED;
      String message = "";
      try (HadoopFiles.Scratch scratch = new HadoopFiles.Scratch()) {
        Path degraded = scratch.file("degraded");
        try {
          files.fetch(image.image(), degraded);
          Path restored = scratch.file("restored");
          restore(degraded, restored, image);
          files.publish(restored, image.target());
        } catch (UnreadableImageException | IllegalArgumentException own) {
          status = Outcome.Status.UNREADABLE;
          message = named(own.getMessage(), degraded, image);
        } catch (FileNotFoundException gone) {
          status = Outcome.Status.UNREADABLE;
          message = image.image() + ": no such file any more";
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      String executor = SparkEnv.get().executorId();
      return new Outcome(image.image(), image.target(), status, message, seconds, executor);
    }

    private void restore(Path degraded, Path restored, Image image) throws IOException {
      IptModel loaded = model.model();
      Picture picture =
          Picture.read(degraded, line -> LOG.warn("{}", named(line, degraded, image)));
      restoring
          .restorer(loaded)
          .restore(loaded.task(task), picture, restored, image.as(), (done, all) -> {});
    }

    /** With the image's name in place of its copy's. */
    private static String named(String message, Path copy, Image image) {
      return String.valueOf(message).replace(copy.toString(), image.image());
    }
  }
}
