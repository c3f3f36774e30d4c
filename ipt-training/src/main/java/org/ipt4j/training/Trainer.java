package org.ipt4j.training;

import static org.ipt4j.training.TrainingPlan.Objective.BOTH;
import static org.ipt4j.training.TrainingPlan.Objective.CONTRASTIVE;
import static org.ipt4j.training.TrainingPlan.Objective.L1;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.contrastive.ContrastiveLoss;
import org.ipt4j.core.Dense;
import org.ipt4j.core.Losses;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.data.PatchBatch;
import org.ipt4j.data.Prefetch;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.IptOutput;
import org.ipt4j.model.SafeTensors;
import org.ipt4j.model.Task;
import org.ipt4j.model.TensorFile;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Trains a model step by step (Chen et al., 2021, §3.2): each batch is of one task; its loss is L1,
 * the contrastive loss on the decoder's tokens, or both, as the plan says; the body moves in every
 * step, a task's own parameters only in its steps. Step k is a pure function of the weights and
 * moments before it and of k.
 */
public final class Trainer {
  private static final double WHITE = 255; // at the edges
  private static final String MOMENTS = IptModel.EXTRA + "moments";

  private final IptModel model;
  private final TrainingPlan plan;
  private final BatchSource batches;
  private final ParameterVector gradients;
  private final Optimizer optimizer;
  private long step;

  /**
   * Training from step 0 on.
   *
   * @param model whose weights will move
   * @param updater one of ND4J's, with its learning rate or schedule over steps; it is not changed
   */
  public Trainer(IptModel model, TrainingPlan plan, BatchSource batches, IUpdater updater) {
    this.model = model;
    this.plan = plan;
    this.batches = batches;
    this.gradients = ParameterVector.zeros(model.values().layout(), model.values().type());
    this.optimizer = new Optimizer(updater, model.values(), gradients);
  }

  /** The number of the next step, which is how many are done. */
  public long step() {
    return step;
  }

  /**
   * Trains up to (not including) step {@code end}; batches are made ahead on threads of their own.
   *
   * @throws TrainingException if a loss is not finite; the weights are then those before the step
   */
  public void trainTo(long end, int loaderThreads, TrainingListener listener) {
    try (Prefetch<PatchBatch> ahead =
        new Prefetch<>(
            k -> batches.batch(plan.task(k), k), step, loaderThreads, 2 * loaderThreads)) {
      while (step < end) {
        listener.stepDone(trainOn(ahead));
      }
    }
  }

  /**
   * Writes all that {@link #resume} needs, and the model, into one file, complete or not at all.
   */
  public void save(Path file) throws IOException {
    Map<String, INDArray> moments =
        optimizer.state() == null ? Map.of() : Map.of(MOMENTS, optimizer.state());
    model.save(file, new TrainingState(plan, step, optimizer.counts()).toMetadata(), moments);
  }

  /**
   * Takes weights, moments and step from a file that {@link #save} wrote: what follows is what
   * would have followed there.
   *
   * @throws IllegalArgumentException if the file is of another plan
   * @throws IOException if it cannot be read or is damaged
   */
  public void resume(Path file) throws IOException {
    try (TensorFile tensors = SafeTensors.open(file)) {
      TrainingState state = TrainingState.of(tensors, plan);
      checkMoments(tensors);
      model.read(tensors);
      if (optimizer.state() != null) {
        tensors.readInto(MOMENTS, optimizer.state());
      }
      optimizer.restoreCounts(state.counts());
      step = state.step();
    }
  }

  private void checkMoments(TensorFile tensors) {
    long expected = optimizer.state() == null ? 0 : optimizer.state().length();
    long[] shape = tensors.names().contains(MOMENTS) ? tensors.shape(MOMENTS) : new long[] {0};
    if (shape.length != 1 || shape[0] != expected) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s is of another updater or network: expected %d moments, got %s",
              tensors.path(),
              expected,
              Arrays.toString(shape)));
    }
  }

  private StepReport trainOn(Prefetch<PatchBatch> ahead) {
    long start = System.nanoTime();
    PatchBatch batch = ahead.take();
    double waited = (System.nanoTime() - start) / 1e9;
    Task task = plan.task(step);
    TrainingPlan.Objective objective = plan.objective(step);
    List<ParameterLayout.Range> ranges = new ArrayList<>(model.trunk(task));
    if (objective != CONTRASTIVE) {
      ranges.add(model.tail(task));
    }
    ranges.forEach(range -> gradients.range(range).assign(0));
    double l1 = Double.NaN;
    double contrastive = Double.NaN;
    try (Tape tape = Tape.training(model.values(), gradients)) {
      IptOutput output = model.forward(tape, task, array(tape, batch.degraded(), batch, 1));
      List<Variable> terms = new ArrayList<>();
      if (objective == L1 || objective == BOTH) {
        INDArray clean = array(tape, batch.clean(), batch, batch.scale());
        Variable term = Losses.l1(tape, output.restored(), clean);
        l1 = finite(term, "L1", task) / range();
        terms.add(term);
      }
      if (objective == CONTRASTIVE || objective == BOTH) {
        Variable term = ContrastiveLoss.of(tape, output.tokens(), plan.contrastive().form());
        contrastive = finite(term, "contrastive", task);
        terms.add(Dense.scale(tape, term, plan.contrastive().weight() * range()));
      }
      tape.backward(terms.stream().reduce((a, b) -> Dense.add(tape, a, b)).orElseThrow());
    }
    optimizer.update(ranges, step);
    double seconds = (System.nanoTime() - start) / 1e9;
    StepReport report =
        new StepReport(
            step,
            task,
            objective,
            l1,
            contrastive,
            optimizer.learningRate(step),
            batch.count(),
            seconds,
            waited);
    step++;
    return report;
  }

  /** What a level of 0..255 is inside the network. */
  private double range() {
    return model.config().rgbRange() / WHITE;
  }

  private double finite(Variable loss, String name, Task task) {
    double value = loss.value().getDouble(0);
    if (!Double.isFinite(value)) {
      throw new TrainingException(
          String.format(
              Locale.ROOT, "step %d, task %s: the %s loss is %s", step, task.name(), name, value));
    }
    return value;
  }

  private INDArray array(Tape tape, float[] pixels, PatchBatch batch, int scale) {
    long side = (long) batch.side() * scale;
    return tape.array(pixels, batch.count(), 3, side, side).muli(range());
  }
}
