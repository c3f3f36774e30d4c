package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.model.Task;
import org.ipt4j.training.ValidationReport.Means;
import org.ipt4j.training.ValidationReport.Result;
import org.ipt4j.training.ValidationReport.Score;
import org.junit.jupiter.api.Test;

/** The means of a validation with images that have no finite figure, such as flat ones. */
class ValidationReportTest {
  private static final double INFINITE = Double.POSITIVE_INFINITY;
  private static final Task X2 = new Task("x2", 2);
  private static final Task DERAIN = new Task("derain", 1);
  private static final Image IMAGE = new DeadLeaves(1, 1, 8, 8).image(0);

  private static Result result(Task task, double before, double after) {
    return new Result(
        task,
        "image",
        IMAGE,
        IMAGE,
        IMAGE,
        new Score(before, before / 100),
        new Score(after, after / 100));
  }

  @Test
  void meansAreOfImagesWhoseFiguresAreFinite() {
    ValidationReport report =
        new ValidationReport(
            3,
            List.of(
                result(X2, 30, 32),
                result(X2, INFINITE, 40),
                result(X2, 50, INFINITE),
                result(X2, INFINITE, INFINITE),
                result(X2, 20, 23),
                result(DERAIN, INFINITE, 41)));
    Means x2 = report.means().get(X2);
    assertThat(x2.images()).isEqualTo(2);
    assertThat(x2.before()).isEqualTo(new Score(25, 0.25));
    assertThat(x2.after()).isEqualTo(new Score(27.5, 0.275));
    assertThat(report.means().get(DERAIN).images()).isZero();
    assertThat(report.gain()).as("of x2 alone").isCloseTo(2.5, within(1e-12));
  }

  @Test
  void withoutAnyFigureThereIsNoGain() {
    ValidationReport report = new ValidationReport(3, List.of(result(X2, INFINITE, INFINITE)));
    assertThat(report.gain()).isNaN();
    assertThat(report.means()).containsOnlyKeys(X2);
  }
}
