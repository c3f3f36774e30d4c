package org.ipt4j.benchmarks;

import java.util.List;
import java.util.stream.IntStream;
import org.ipt4j.benchmarks.Tables.Column;
import org.ipt4j.model.Task;
import org.ipt4j.training.TrainingPlan;

/** Part d: one model for four tasks, or four models? */
record ManyTasks(Small small) implements Part {
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
    return Small.TASKS.stream().map(task -> alone(task, seed)).toList();
  }

  /** One task, for as many steps as it has among all. */
  private Training alone(Task task, long seed) {
    TrainingPlan together = Small.REFERENCE.plan(Small.TASKS, seed);
    long own =
        IntStream.range(0, small.steps()).filter(step -> together.task(step).equals(task)).count();
    Arm arm = Small.REFERENCE.named(alone(task.name()));
    return new Training(
        arm, seed, () -> arm.create(List.of(task), seed), small.many(), (int) own, small.trials());
  }

  private static String alone(String task) {
    return "alone " + task;
  }

  @Override
  public String tables(Tables tables) {
    return tables.table(
        small.learned(),
        List.of(
            Small.input(),
            Small.column("together (reference)", Small.REFERENCE),
            Column.of("alone", trial -> alone(trial.task())),
            Column.difference(
                "together − alone",
                trial -> Small.REFERENCE.name(),
                trial -> alone(trial.task()))));
  }
}
