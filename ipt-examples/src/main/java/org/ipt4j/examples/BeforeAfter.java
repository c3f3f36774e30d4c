package org.ipt4j.examples;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Validation;
import org.ipt4j.training.ValidationReport.Means;

/**
 * What training does to tasks that it is not about.
 *
 * @param before how they did before it
 */
record BeforeAfter(Validation validation, Map<Task, Means> before) {
  /** Tries a model before it is trained. */
  static BeforeAfter of(IptModel model, Validation validation) {
    return new BeforeAfter(validation, validation.of(model, 0).means());
  }

  /** Tries it again, and prints both. */
  void print(IptModel trained, PrintWriter out) {
    if (before.isEmpty()) {
      return;
    }
    Map<Task, Means> after = validation.of(trained, 0).means();
    int width = before.keySet().stream().mapToInt(task -> task.name().length()).max().orElseThrow();
    out.println("the model's other tasks, PSNR on Y in dB of held-out images before and after:");
    before.forEach(
        (task, means) ->
            out.printf(
                Locale.ROOT,
                "  %-" + width + "s  %5.2f  %5.2f  %+.2f%n",
                task.name(),
                means.after().psnr(),
                after.get(task).after().psnr(),
                after.get(task).after().psnr() - means.after().psnr()));
    out.flush();
  }
}
