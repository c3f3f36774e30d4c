package org.ipt4j.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.data.measure.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.Task;

/**
 * Measures a model, beside doing nothing, on a cluster: what {@link Evaluation} measures, each
 * image on one executor.
 */
public final class ClusterEvaluation {
  private static final int CHUNK = 10_000;

  private final JavaSparkContext spark;
  private final ClusterModel model;
  private final Task task;
  private final HadoopFiles files;

  /**
   * Nothing is measured yet.
   *
   * @param task as {@link org.ipt4j.model.IptModel#task} takes it
   * @throws IllegalArgumentException if the model has no such task, or Spark's settings do not fit
   */
  public ClusterEvaluation(JavaSparkContext spark, ClusterModel model, String task)
      throws IOException {
    ClusterSettings.check(spark.getConf());
    this.spark = spark;
    this.model = model;
    this.task = model.model().task(task);
    this.files = new HadoopFiles(spark);
  }

  /** The task that is measured. */
  public Task task() {
    return task;
  }

  /**
   * Measures on what a folder holds for a degradation ({@link PairSource#openFor}).
   *
   * @param folder its URI; archives and lists in it are not looked into
   * @param degradation its name, or null for the task's own
   * @param seed of what is random in degrading
   */
  public Evaluation of(String folder, String degradation, long seed)
      throws IOException, InterruptedException {
    String undone = degradation == null ? task.degradation() : degradation;
    if (Degradation.parse(undone).scale() != task.scale()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "task %s enlarges by %d, degradation %s shrinks by %d",
              task.name(),
              task.scale(),
              undone,
              Degradation.parse(undone).scale()));
    }
    return measure(new Data(HadoopImages.of(files, folder), null, undone, seed));
  }

  /** Measures on degraded images of one folder and clean ones of another, by equal names. */
  public Evaluation matched(String degraded, String clean)
      throws IOException, InterruptedException {
    return measure(
        new Data(HadoopImages.of(files, clean), HadoopImages.of(files, degraded), "", 0));
  }

  private Evaluation measure(Data data) throws InterruptedException {
    TestSet set = data.open(task.scale());
    List<Integer> images = IntStream.range(0, set.pairs().size()).boxed().toList();
    Broadcast<Work> work =
        spark.broadcast(new Work(UUID.randomUUID().toString(), data, model, task.name()));
    List<Measured> all = new ArrayList<>();
    try {
      Function<Integer, Measured> one = image -> work.value().measure(image);
      Chunks<Integer, Measured> chunks =
          new Chunks<>(
              spark,
              one,
              (image, why) -> new Measured("", null, set.pairs().name(image) + ": " + why));
      for (int from = 0; from < images.size(); from += CHUNK) {
        all.addAll(chunks.run(images.subList(from, Math.min(images.size(), from + CHUNK))));
      }
    } finally {
      work.destroy();
    }
    List<String> contenders = List.of(Contender.baseline(task.scale()).name(), model.name());
    return new Evaluation(
        set,
        contenders,
        all.stream().filter(each -> each.failure() == null).map(Measured::row).toList(),
        all.stream().map(Measured::failure).filter(failure -> failure != null).toList());
  }

  /** A test set that travels. */
  private record Data(HadoopImages images, HadoopImages degraded, String degradation, long seed)
      implements Serializable {
    TestSet open(int scale) {
      String name = new Path(images.folder()).getName();
      if (degraded != null) {
        return new TestSet(
            name,
            PairSource.matched(degraded, images, scale),
            "as stored in " + new Path(degraded.folder()).getName());
      }
      PairSource pairs =
          PairSource.openFor(images, images.folder(), Degradation.parse(degradation), seed);
      return new TestSet(name, pairs, pairs.origin());
    }
  }

  /** One image's figures, of the contenders one after the other, or why there are none. */
  private record Measured(String image, double[] figures, String failure) implements Serializable {
    static Measured of(Evaluation.Row row) {
      return new Measured(
          row.image(),
          row.qualities().stream()
              .flatMap(q -> Stream.of(q.psnrY(), q.ssimY(), q.psnrRgb(), q.ssimRgb()))
              .mapToDouble(Double::doubleValue)
              .toArray(),
          null);
    }

    Evaluation.Row row() {
      List<Quality> qualities = new ArrayList<>();
      for (int i = 0; i < figures.length; i += 4) {
        qualities.add(new Quality(figures[i], figures[i + 1], figures[i + 2], figures[i + 3]));
      }
      return new Evaluation.Row(image, qualities);
    }
  }

  /** What an executor does. */
  private record Work(String id, Data data, ClusterModel model, String task)
      implements Serializable {
    private static final Map<String, TestSet> OPEN = new ConcurrentHashMap<>();

    Measured measure(int image) {
      Task asked = model.model().task(task);
      TestSet all = OPEN.computeIfAbsent(id, key -> data.open(asked.scale()));
      ImageRestorer restorer = new ImageRestorer(model.model());
      Evaluation one =
          Evaluation.of(
              new TestSet(all.name(), all.pairs().only(image), all.origin()),
              List.of(
                  Contender.baseline(asked.scale()),
                  new Contender("", degraded -> restorer.restore(asked, degraded))),
              new Evaluation.Listener() {});
      return one.rows().isEmpty()
          ? new Measured("", null, one.failures().get(0))
          : Measured.of(one.rows().get(0));
    }
  }
}
