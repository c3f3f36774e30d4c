package org.ipt4j.cli;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ipt4j.model.Task;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.ValidationReport;
import org.ipt4j.training.ValidationReport.Result;
import org.ipt4j.weights.AtomicFiles;

/**
 * {@code report.html}, a run at a glance: how far it is, curves, the last validation with pictures,
 * the settings. Written anew at each validation and when the run ends. The page is the resource
 * {@code training.html}, whose script draws the data this class puts into it.
 */
final class TrainingReport implements TrainingListener {
  /** A larger picture is shown by so many pixels from its middle, to keep the page small. */
  static final int SIDE = 160;

  private static final int MOST_PICTURES = 6; // but at least one of each task
  private static final MathContext DIGITS = new MathContext(5); // more than a screen can show

  /** What the page's script reads. */
  private record Page(
      String title,
      State state,
      long written, // milliseconds since 1970
      long step,
      long end,
      long images,
      double seconds,
      Map<String, String> settings,
      List<Chart> charts,
      List<RunHistory.TaskScore> scores,
      List<Picture> pictures) {}

  private enum State {
    RUNNING,
    STOPPED,
    FINISHED
  }

  private record Chart(String title, String note, boolean noisy, List<Line> lines) {
    static Chart ofSteps(String title, String note, List<Line> lines) {
      return new Chart(title, note, true, lines);
    }

    static Chart smooth(String title, String note, List<Line> lines) {
      return new Chart(title, note, false, lines);
    }
  }

  private record Line(String name, List<Long> steps, List<BigDecimal> values) {}

  /** One image before and after, as addresses that hold them. */
  record Picture(
      long step,
      String task,
      String name,
      String input,
      String restored,
      String clean,
      double psnrBefore,
      double psnrAfter,
      double ssimBefore,
      double ssimAfter) {
    private static Picture of(long step, Result result) {
      return new Picture(
          step,
          result.task().name(),
          result.name(),
          WebPage.address(result.input().middle(SIDE)),
          WebPage.address(result.restored().middle(SIDE)),
          WebPage.address(result.clean().middle(SIDE)),
          result.before().psnr(),
          result.after().psnr(),
          result.before().ssim(),
          result.after().ssim());
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record OldPage(List<Picture> pictures) {}

  private final Path file;
  private final String title;
  private final long end;
  private final Map<String, String> settings;
  private final RunHistory history;
  private List<Picture> pictures;

  /**
   * The report of a run, which need not have begun. Pictures of a page that is there already are
   * kept until the next validation.
   *
   * @param folder of the run
   * @param title for people
   * @param end the step the run goes up to
   * @param settings what decides the run, for people
   * @param history has to be told everything before this is
   */
  TrainingReport(
      Path folder, String title, long end, Map<String, String> settings, RunHistory history)
      throws IOException {
    this.file = folder.resolve("report.html");
    this.title = title;
    this.end = end;
    this.settings = new LinkedHashMap<>(settings);
    this.history = history;
    AtomicFiles.tidy(file);
    this.pictures =
        oldPictures(file).stream().filter(old -> old.step() <= history.steps()).toList();
  }

  private static List<Picture> oldPictures(Path file) throws IOException {
    Optional<String> data = WebPage.data(file);
    if (data.isEmpty()) {
      return List.of();
    }
    try {
      List<Picture> old = new ObjectMapper().readValue(data.get(), OldPage.class).pictures();
      return old == null ? List.of() : old;
    } catch (JsonProcessingException ofAnotherVersion) {
      return List.of(); // the next validation brings new ones
    }
  }

  @Override
  public void stepDone(StepReport report) {}

  @Override
  public void validated(ValidationReport report) {
    pictures = chosen(report.results()).stream().map(r -> Picture.of(report.step(), r)).toList();
    write(report.step() < end ? State.RUNNING : State.FINISHED);
  }

  /** The first images of each task. */
  private static List<Result> chosen(List<Result> results) {
    Map<Task, List<Result>> byTask = new LinkedHashMap<>();
    results.forEach(r -> byTask.computeIfAbsent(r.task(), task -> new ArrayList<>()).add(r));
    int each = Math.max(1, MOST_PICTURES / Math.max(1, byTask.size()));
    return byTask.values().stream().flatMap(own -> own.stream().limit(each)).toList();
  }

  @Override
  public void ended(long step, boolean stopped) {
    write(stopped ? State.STOPPED : State.FINISHED);
  }

  private void write(State state) {
    Page page =
        new Page(
            title,
            state,
            System.currentTimeMillis(),
            history.steps(),
            end,
            history.images(),
            history.seconds(),
            settings,
            charts(),
            history.scores(),
            pictures);
    try {
      WebPage.write("training.html", page, file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private List<Chart> charts() {
    return List.of(
        Chart.ofSteps("Loss", "in levels of 0..255", lines(history.losses())),
        Chart.smooth(
            "PSNR gained in validation", "dB, restored against input", lines(history.gains())),
        Chart.ofSteps(
            "Contrastive loss", "before its weight", lines(Map.of("", history.contrastive()))),
        Chart.ofSteps(
            "Gradient norm", "global, before clipping", lines(Map.of("", history.gradientNorm()))),
        Chart.smooth("Learning rate", "", lines(Map.of("", history.learningRate()))));
  }

  private static List<Line> lines(Map<String, Curve> curves) {
    List<Line> lines = new ArrayList<>();
    curves.forEach(
        (name, curve) -> {
          List<Curve.Point> points = curve.points();
          if (!points.isEmpty()) {
            lines.add(
                new Line(
                    name,
                    points.stream().map(point -> Math.round(point.step())).toList(),
                    points.stream().map(point -> rounded(point.value())).toList()));
          }
        });
    return lines;
  }

  private static BigDecimal rounded(double value) {
    return new BigDecimal(value).round(DIGITS);
  }
}
