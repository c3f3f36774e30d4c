package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.ipt4j.training.TrainingPlan.Objective.CONTRASTIVE;
import static org.ipt4j.training.TrainingPlan.Objective.L1;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;

class TrainingPlanTest {
  private static final Task A = new Task("a", 1);
  private static final Task B = new Task("b", 2);

  @Test
  void tasksAreDrawnByWeight() {
    Map<Task, Double> weights = new LinkedHashMap<>();
    weights.put(A, 3.0);
    weights.put(B, 1.0);
    TrainingPlan plan = new TrainingPlan(1, weights, Contrastive.none());
    long ofA = IntStream.range(0, 10_000).filter(k -> plan.task(k).equals(A)).count();
    assertThat(ofA).isBetween(7_350L, 7_650L); // 7500 ± 3.5 standard deviations
  }

  @Test
  void aStepsTaskDependsOnSeedAndStepAlone() {
    TrainingPlan one = TrainingPlan.equally(1, List.of(A, B), Contrastive.none());
    TrainingPlan again = TrainingPlan.equally(1, List.of(A, B), Contrastive.none());
    TrainingPlan other = TrainingPlan.equally(2, List.of(A, B), Contrastive.none());
    again.task(7);
    List<Task> tasks = IntStream.range(0, 64).mapToObj(one::task).toList();
    assertThat(IntStream.range(0, 64).mapToObj(again::task).toList()).isEqualTo(tasks);
    assertThat(IntStream.range(0, 64).mapToObj(other::task).toList()).isNotEqualTo(tasks);
  }

  @Test
  void oneBatchInKIsContrastive() {
    Contrastive contrastive = Contrastive.ownBatches(ContrastiveForm.PAPER, 4, 0.1);
    TrainingPlan plan = TrainingPlan.equally(1, List.of(A), contrastive);
    assertThat(IntStream.range(0, 8).mapToObj(plan::objective))
        .containsExactly(L1, L1, L1, CONTRASTIVE, L1, L1, L1, CONTRASTIVE);
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> new TrainingPlan(1, Map.of(A, 0.0), Contrastive.none()))
        .hasMessage("the weight of task a must be positive, got 0.0");
    assertThatThrownBy(() -> Contrastive.ownBatches(ContrastiveForm.PAPER, 1, 0.1))
        .hasMessage("one batch in k is contrastive with k at least 2, got 1");
  }

  /** As {@code model.task("denoise30")} gives it. */
  @Test
  void aTaskNarrowedToAPartOfItsRangeIsThatTask() {
    Task denoise = new Task("denoise", 1, "denoise:sigma=0..55", "");
    Task narrowed = new Task("denoise", 1, "denoise30", "");
    TrainingPlan plan = TrainingPlan.rehearsing(1, A, narrowed, List.of(denoise, B), 0.4);
    assertThat(plan.weights()).containsOnlyKeys(A, denoise, B).containsEntry(denoise, 0.2);
    assertThat(TrainingPlan.rehearsing(1, narrowed, List.of(denoise, B), 0.4).weights())
        .containsOnlyKeys(narrowed, B);
    assertThatThrownBy(() -> plan.weights().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void rehearsalHasItsShareAndTheRelatedTaskHalfOfIt() {
    Task added = new Task("lowlight", 1);
    Task related = new Task("denoise30", 1);
    List<Task> all = List.of(new Task("x2", 2), new Task("x3", 3), related, added);

    TrainingPlan even = TrainingPlan.rehearsing(1, added, all, 0.3);
    TrainingPlan plan = TrainingPlan.rehearsing(1, added, related, all, 0.3);

    assertThat(even.weights()).containsEntry(added, 0.7);
    assertThat(even.weights().get(related)).isCloseTo(0.1, within(1e-12));
    assertThat(plan.weights()).containsEntry(added, 0.7).containsEntry(related, 0.15);
    assertThat(plan.weights().get(all.get(0))).isCloseTo(0.075, within(1e-12));
    assertThat(plan.weights().values().stream().mapToDouble(w -> w).sum())
        .isCloseTo(1, within(1e-12));
    assertThat(TrainingPlan.rehearsing(1, added, related, List.of(related), 0.3).weights())
        .containsEntry(related, 0.3);
    assertThatThrownBy(() -> TrainingPlan.rehearsing(1, added, added, all, 0.3))
        .hasMessageContaining("lowlight is none of the other tasks");
    assertThatThrownBy(() -> TrainingPlan.rehearsing(1, added, all, 1))
        .hasMessageContaining("between 0 and 1");
  }
}
