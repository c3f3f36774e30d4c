package org.ipt4j.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.ipt4j.benchmarks.Tables.Column;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.transformer.DecoderForm;

/** Part a: does pretraining help where data is little (§4.1)? */
record LittleData(Small small) implements Part {
  private static final List<Task> TASKS =
      Stream.of("x2", "denoise30", "jpeg:quality=10").map(Task::undoing).toList();
  private static final Task RELATED = Task.undoing("denoise30"); // a new task starts from its parts
  private static final Arm TUNING =
      new Arm("fine-tuned", DecoderForm.MEMORY, Contrastive.none(), Small.RATE);

  @Override
  public List<Trial> trials() {
    return small.trials();
  }

  @Override
  public List<Training> first(List<Long> seeds) {
    return small.references(seeds);
  }

  @Override
  public List<Training> then(long seed) {
    List<Training> trainings = new ArrayList<>();
    int steps = small.steps() / 6;
    for (Task task : TASKS) {
      Arm scratch = TUNING.named(scratch(task.name()));
      trainings.add(tuning(untuned(task.name()), seed, () -> pretrained(task, seed), 0));
      trainings.add(tuning(tuned(task.name()), seed, () -> pretrained(task, seed), steps));
      trainings.add(tuning(scratch.name(), seed, () -> scratch.create(List.of(task), seed), steps));
    }
    return trainings;
  }

  private Training tuning(String name, long seed, Training.Start start, int steps) {
    return new Training(TUNING.named(name), seed, start, small.few(), steps, small.trials());
  }

  private IptModel pretrained(Task task, long seed) throws IOException {
    IptModel model = IptModel.load(Runs.file(small.out(), Small.REFERENCE.name(), seed));
    List<Task> only = List.of(task);
    return Small.TASKS.contains(task)
        ? model.only(only)
        : model.with(task, RELATED, seed).only(only);
  }

  private static String tuned(String task) {
    return "fine-tuned " + task;
  }

  private static String untuned(String task) {
    return "not fine-tuned " + task;
  }

  private static String scratch(String task) {
    return "from scratch " + task;
  }

  @Override
  public String tables(Tables tables) {
    return tables.table(
        small.named("Set5 ×2", "CBSD68 σ30", "CBSD68 JPEG 10"),
        List.of(
            Small.input(),
            Column.of("from scratch", trial -> scratch(trial.task())),
            Column.of("pretrained, not fine-tuned", trial -> untuned(trial.task())),
            Column.of("pretrained, fine-tuned", trial -> tuned(trial.task())),
            Column.difference(
                "fine-tuned − from scratch",
                trial -> tuned(trial.task()),
                trial -> scratch(trial.task()))));
  }
}
