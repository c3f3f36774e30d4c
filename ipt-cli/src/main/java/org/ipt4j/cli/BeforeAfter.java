package org.ipt4j.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Validation;
import org.ipt4j.training.ValidationReport;
import org.ipt4j.training.ValidationReport.Means;

/**
 * What fine-tuning does to a model's tasks.
 *
 * @param before how they did before it
 * @param images how many images that is the mean of
 */
record BeforeAfter(List<Validation> validations, Map<Task, Means> before, long images) {
  private static final int FEW = 4;

  /** Tries a model before it is trained. */
  static BeforeAfter of(IptModel model, Validation... validations) {
    List<Validation> all = List.of(validations);
    List<ValidationReport> reports = tried(all, model);
    return new BeforeAfter(
        all,
        means(reports),
        reports.stream()
            .flatMap(report -> report.results().stream())
            .map(ValidationReport.Result::name)
            .distinct()
            .count());
  }

  private static List<ValidationReport> tried(List<Validation> validations, IptModel model) {
    return validations.stream().map(validation -> validation.of(model, 0)).toList();
  }

  private static Map<Task, Means> means(List<ValidationReport> reports) {
    Map<Task, Means> means = new LinkedHashMap<>();
    reports.forEach(report -> means.putAll(report.means()));
    return means;
  }

  /** Tries it again, and prints both. */
  void print(IptModel trained, PrintWriter out) {
    if (before.isEmpty()) {
      return;
    }
    Map<Task, Means> after = means(tried(validations, trained));
    int width = before.keySet().stream().mapToInt(task -> task.name().length()).max().orElseThrow();
    out.printf(
        Locale.ROOT,
        "PSNR on Y in dB of %d held-out images, restored before and after training%s:%n",
        images,
        images < FEW ? " (so few say little: give --validation DIR)" : "");
    before.forEach(
        (task, means) ->
            out.printf(
                Locale.ROOT,
                "  %-" + width + "s  %s%n",
                task.name(),
                text(means, after.get(task))));
    out.flush();
  }

  private String text(Means then, Means now) {
    int finite = Math.min(then.images(), now.images());
    return finite == 0
        ? "no image with finite PSNRs, degraded and restored"
        : String.format(
            Locale.ROOT,
            "%5.2f  %5.2f  %+.2f%s",
            then.after().psnr(),
            now.after().psnr(),
            Math.round((now.after().psnr() - then.after().psnr()) * 100) / 100.0, // no -0.00
            finite == images ? "" : "  (without " + (images - finite) + " whose PSNR is infinite)");
  }
}
