package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.data.measure.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;

/** Photographs degraded and restored, task by task: printed as a table, and kept for pictures. */
final class DemoTable {
  private static final long SEED = 1;
  private static final int ENLARGED = 3; // times, what a picture shows of a detail
  private static final int SHOWN = 2; // photographs of a task on the page

  /** A model by the name it has in the table. */
  record Named(String name, IptModel model) {}

  /** What was made of one photograph. */
  private record Row(String name, Image clean, List<Image> restored) {}

  private final ImageSource photographs;
  private final List<Named> models;
  private final PrintWriter out;
  private final List<String> tasks = new ArrayList<>();
  private final List<Integer> scales = new ArrayList<>(); // of the tasks
  private final List<Results.Table> tables = new ArrayList<>();
  private final List<Shown> shown = new ArrayList<>();
  private final List<List<Row>> rows = new ArrayList<>(); // by task

  /** A table with a column for each of the models, begun by its title. */
  DemoTable(ImageSource photographs, List<Named> models, PrintWriter out) {
    this.photographs = photographs;
    this.models = models;
    this.out = out;
    out.printf(Locale.ROOT, "%-40s %12s", "PSNR in dB", "degraded");
    models.forEach(model -> out.printf(Locale.ROOT, " %12s", model.name()));
    out.printf(Locale.ROOT, "   on%n");
  }

  /** Degrades and restores all photographs, and prints their means. */
  void add(String asked) throws IOException {
    Task task = models.get(0).model().task(asked);
    List<Contender> contenders = new ArrayList<>();
    contenders.add(new Contender("degraded", Contender.baseline(task.scale()).restore()));
    for (Named named : models) {
      ImageRestorer restorer = new ImageRestorer(named.model());
      contenders.add(new Contender(named.name(), image -> restorer.restore(task, image)));
    }
    Shown samples = new Shown(SHOWN);
    List<Row> kept = new ArrayList<>();
    Evaluation measured =
        Evaluation.of(
            TestSet.degrading(asked, photographs, Degradation.parse(task.degradation()), SEED),
            contenders,
            new Evaluation.Listener() {
              @Override
              public void measured(Evaluation.Row row, ImagePair pair, List<Image> restored) {
                samples.add(row, pair, restored);
                kept.add(new Row(row.image(), pair.clean(), restored));
              }
            });
    measured.failures().forEach(out::println);
    if (kept.isEmpty()) {
      throw new IllegalArgumentException("no photograph could be measured");
    }
    tasks.add(task.name());
    scales.add(task.scale());
    tables.add(Results.Table.of(measured));
    shown.add(samples);
    rows.add(kept);
    // super-resolution on Y, the others on RGB, as the field does
    boolean enlarged = task.scale() > 1;
    out.printf(
        Locale.ROOT, "%-40s", asked.startsWith(task.name()) ? asked : task.name() + ": " + asked);
    for (int i = 0; i < contenders.size(); i++) {
      Quality mean = measured.mean(i);
      out.printf(Locale.ROOT, " %12.2f", enlarged ? mean.psnrY() : mean.psnrRgb());
    }
    out.printf(Locale.ROOT, "   %s%n", enlarged ? "Y" : "RGB");
    out.flush();
  }

  /**
   * A row for each photograph and task of the diagonal (the first task with the first photograph,
   * and so on): the clean photograph, then a detail of it degraded, restored and clean, enlarged
   * without smoothing.
   *
   * @param wanted which of the tasks, by the order they were added in
   */
  Image picture(int... wanted) {
    List<Image> lines = new ArrayList<>();
    for (int i = 0; i < wanted.length; i++) {
      List<Row> of = rows.get(wanted[i]);
      Row row = of.get(i % of.size());
      List<Image> line = new ArrayList<>(List.of(row.clean()));
      row.restored().forEach(image -> line.add(detail(image, row)));
      line.add(detail(row.clean(), row));
      int height = line.stream().mapToInt(Image::height).max().orElseThrow();
      lines.add(
          Pictures.beside(
              line.stream()
                  .map(image -> Pictures.onWhite(image, height, image.width()))
                  .toArray(Image[]::new)));
    }
    return Pictures.below(lines);
  }

  private static Image detail(Image image, Row row) {
    return Pictures.enlarged(DemoPhotographs.detail(image, row.name()), ENLARGED);
  }

  /** Writes a page on which all can be compared by hand. */
  void writePage(Path file) throws IOException {
    List<Results.Contender> described = new ArrayList<>();
    described.add(new Results.Contender("degraded", null, null));
    models.forEach(model -> described.add(new Results.Contender(model.name(), null, null)));
    Report.write(
        new Results(String.join(", ", tasks), described, Evaluation.protocol(scales), tables),
        shown,
        file);
  }
}
