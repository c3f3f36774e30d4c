package org.ipt4j.training;

import static org.ipt4j.training.TrainingPlan.Objective.BOTH;
import static org.ipt4j.training.TrainingPlan.Objective.CONTRASTIVE;
import static org.ipt4j.training.TrainingPlan.Objective.L1;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.ipt4j.contrastive.ContrastiveLoss;
import org.ipt4j.core.Dense;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.Losses;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Turns;
import org.ipt4j.core.Variable;
import org.ipt4j.core.Workers;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.Prefetch;
import org.ipt4j.data.image.Image;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.IptOutput;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Pieces;
import org.ipt4j.model.Task;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.longer.MatchCondition;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.conditions.Conditions;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Trains a model step by step (Chen et al., 2021, §3.2): each batch is of one task; its loss is L1,
 * the contrastive loss on the decoder's tokens, or both, as the plan says; the body moves in every
 * step, a task's own parameters only in its steps. Step k is a pure function of the weights and
 * moments before it and of k.
 */
public final class Trainer {
  private static final String MOMENTS = ModelFile.EXTRA + "moments.";
  private static final String WEIGHTS = ModelFile.EXTRA + "weights."; // where the model is averaged
  private static final double CHARBONNIER_EPSILON = 0.001; // of white

  private final IptModel model;
  private final IptModel average; // null: none is kept
  private final TrainingPlan plan;
  private final TrainingOptions options;
  private final RunIdentity identity;
  private final BatchSource batches;
  private final ParameterVector gradients;
  private final Optimizer optimizer;
  private long step;

  /** Trains the published way. */
  public Trainer(IptModel model, TrainingPlan plan, BatchSource batches, IUpdater updater) {
    this(model, plan, batches, updater, TrainingOptions.PUBLISHED);
  }

  /**
   * Training from step 0 on.
   *
   * @param model whose weights will move
   * @param updater one of ND4J's, with its learning rate or schedule over steps; it is not changed
   */
  public Trainer(
      IptModel model,
      TrainingPlan plan,
      BatchSource batches,
      IUpdater updater,
      TrainingOptions options) {
    this.model = model;
    this.average = options.averaging() > 0 ? model.copy() : null;
    this.plan = plan;
    this.options = options;
    this.identity = new RunIdentity(plan, options, updater);
    this.batches = batches;
    this.gradients = ParameterVector.zeros(model.values().layout(), model.values().type());
    this.optimizer = new Optimizer(updater, options.weightDecay(), model.values(), gradients);
  }

  /** The model to validate and restore with: of the averaged weights if they are averaged. */
  public IptModel model() {
    return average == null ? model : average;
  }

  /** The number of the next step, which is how many are done. */
  public long step() {
    return step;
  }

  /**
   * Trains up to (not including) step {@code end}; batches are made ahead on threads of their own.
   *
   * @throws TrainingException if a loss or gradient is not finite or memory runs out; the weights
   *     are then those before the step
   */
  public void trainTo(long end, int loaderThreads, TrainingListener listener) {
    trainTo(end, loaderThreads, listener, () -> false);
  }

  /**
   * As {@link #trainTo(long, int, TrainingListener)}.
   *
   * @param stop asked before each step whether to end here
   */
  public void trainTo(
      long end, int loaderThreads, TrainingListener listener, BooleanSupplier stop) {
    try (Prefetch<PatchBatch> ahead =
        new Prefetch<>(
            k -> batches.batch(plan.task(k), k), step, loaderThreads, 2 * loaderThreads)) {
      while (step < end && !stop.getAsBoolean()) {
        listener.stepDone(trainOn(ahead));
      }
    }
  }

  /**
   * Writes all that {@link #resume} needs, and {@link #model}, into one file, complete or not at
   * all.
   *
   * @param notes texts to keep with it
   * @throws TrainingException if a weight is not finite: such a file could not be read again
   */
  public void save(Path file, Map<String, String> notes) throws IOException {
    if (!isFinite(model.values().flat()) || !isFinite(model().values().flat())) {
      throw new TrainingException(
          String.format(Locale.ROOT, "step %d: weights that are not finite are not saved", step));
    }
    Map<String, String> metadata = new HashMap<>(notes);
    metadata.putAll(new TrainingState(step, optimizer.counts()).toMetadata(identity));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    extras().forEach((name, numbers) -> tensors.put(name, numbers.tensor()));
    ModelFile.save(model(), file, metadata, tensors);
  }

  private static boolean isFinite(INDArray x) {
    MatchCondition count = new MatchCondition(x, Conditions.notFinite());
    return Nd4j.getExecutioner().exec(count).getLong(0) == 0;
  }

  /**
   * Takes weights, moments and step from a file that {@link #save} wrote: what follows is what
   * would have followed there.
   *
   * @throws IllegalArgumentException if the file is of another plan, updater or network
   * @throws IOException if it cannot be read or is damaged
   */
  public void resume(Path file) throws IOException {
    try (TensorFile tensors = SafeTensors.open(file)) {
      TrainingState state = TrainingState.of(tensors, identity, optimizer.counts().keySet());
      Map<String, ? extends SavedNumbers> extras =
          OldCheckpoint.isOne(tensors.metadata())
              ? OldCheckpoint.vectors(optimizer, average == null ? null : model.values())
              : extras();
      extras.forEach((name, numbers) -> checkShape(tensors, name, numbers.shape()));
      ModelFile.read(tensors, model());
      for (Map.Entry<String, ? extends SavedNumbers> extra : extras.entrySet()) {
        extra.getValue().restore(tensors, extra.getKey());
      }
      optimizer.restoreCounts(state.counts());
      step = state.step();
    }
  }

  /** What a checkpoint holds beside the model, by parameter. */
  private Map<String, SavedNumbers.OfParameter> extras() {
    Map<String, SavedNumbers.OfParameter> extras = new LinkedHashMap<>();
    optimizer.moments().forEach((name, moment) -> extras.put(MOMENTS + name, moment));
    if (average != null) {
      ParameterVector weights = model.values();
      for (Parameter parameter : weights.layout().parameters()) {
        extras.put(
            WEIGHTS + parameter.name(),
            new SavedNumbers.OfParameter(
                parameter.shape(),
                numbers -> weights.read(parameter, numbers),
                numbers -> weights.write(parameter, numbers)));
      }
    }
    return extras;
  }

  private static void checkShape(TensorFile tensors, String name, long[] expected) {
    String found =
        tensors.names().contains(name) ? Arrays.toString(tensors.shape(name)) : "no such tensor";
    if (!found.equals(Arrays.toString(expected))) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s is of another network: expected %s %s, got %s",
              tensors.path(),
              name,
              Arrays.toString(expected),
              found));
    }
  }

  private StepReport trainOn(Prefetch<PatchBatch> ahead) {
    long start = System.nanoTime();
    PatchBatch batch = ahead.take();
    double waited = (System.nanoTime() - start) / 1e9;
    Task task = plan.task(step);
    List<ParameterLayout.Range> ranges = moved(task);
    double[] losses;
    try {
      losses = goBack(task, batch, ranges);
    } catch (OutOfMemoryError | RuntimeException failure) {
      if (isMemory(failure)) {
        throw outOfMemory(task, batch, failure);
      }
      throw failure;
    }
    double norm = clip(ranges, task);
    optimizer.update(ranges, step);
    if (average != null) {
      average();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    StepReport report =
        new StepReport(
            step,
            task,
            plan.objective(step),
            losses[0],
            losses[1],
            norm,
            optimizer.learningRate(step),
            batch.count(),
            seconds,
            waited);
    step++;
    return report;
  }

  /** ND4J's native code reports memory that it cannot get by the name of a C++ exception. */
  private static boolean isMemory(Throwable failure) {
    return failure instanceof OutOfMemoryError
        || String.valueOf(failure.getMessage()).contains("bad_alloc");
  }

  private TrainingException outOfMemory(Task task, PatchBatch batch, Throwable failure) {
    return new TrainingException(
        String.format(
            Locale.ROOT,
            "step %d, task %s: out of memory with a batch of %d in %d parts (%s); lower the batch"
                + " size, accumulate more parts, or turn on recomputation",
            step,
            task.name(),
            batch.count(),
            options.accumulation(),
            failure.getMessage()),
        failure);
  }

  /** The ranges that a step moves. */
  private List<ParameterLayout.Range> moved(Task task) {
    List<ParameterLayout.Range> ranges = new ArrayList<>(model.trunk(task));
    if (plan.objective(step) != CONTRASTIVE) {
      ranges.add(model.tail(task));
    }
    if (options.bodyFrozen()) {
      ranges.remove(model.body());
    }
    return ranges;
  }

  /** Makes the gradients those of the batch's losses, and yields these. */
  private double[] goBack(Task task, PatchBatch batch, List<ParameterLayout.Range> ranges) {
    List<PatchBatch.Part> pieces = pieces(batch);
    ranges.forEach(range -> gradients.range(range).assign(0));
    double[][] each = new double[pieces.size()][];
    Turns turns = new Turns();
    IntConsumer piece =
        i -> {
          double weight = (double) pieces.get(i).count() / batch.count();
          try {
            each[i] = goBack(task, batch, pieces.get(i), weight, turns, i);
          } catch (RuntimeException | Error failure) {
            turns.abandon();
            throw failure;
          }
        };
    if (plan.objective(step) == L1) {
      Workers.run(each.length, piece);
    } else {
      IntStream.range(0, each.length).forEach(piece);
    }
    double[] losses = new double[2];
    for (int i = 0; i < each.length; i++) {
      double weight = (double) pieces.get(i).count() / batch.count();
      losses[0] += weight * each[i][0];
      losses[1] += weight * each[i][1];
    }
    return losses;
  }

  /** What goes through the network at once; a contrastive loss compares the images of a part. */
  private List<PatchBatch.Part> pieces(PatchBatch batch) {
    int parts = options.accumulation();
    return batch.parts(
        plan.objective(step) == L1
            ? Math.max(parts, Pieces.forTraining(model.config(), batch.count()))
            : parts);
  }

  /** Adds weight · d loss / d parameter to the gradients; yields the losses of the terms. */
  private double[] goBack(
      Task task, PatchBatch batch, PatchBatch.Part part, double weight, Turns turns, int piece) {
    TrainingPlan.Objective objective = plan.objective(step);
    double loss = Double.NaN;
    double contrastive = Double.NaN;
    try (Tape tape = Tape.training(model.values(), gradients, turns, piece)) {
      if (options.recomputation()) {
        tape.recomputing();
      }
      if (options.bodyFrozen()) {
        tape.freeze(model.body());
      }
      IptOutput output =
          model.forward(tape, task, array(tape, batch.degraded(), part, batch.side()));
      List<Variable> terms = new ArrayList<>();
      if (objective == L1 || objective == BOTH) {
        INDArray clean = array(tape, batch.clean(), part, batch.side() * batch.scale());
        Variable term = loss(tape, output.restored(), clean);
        loss =
            finite(term.value().getDouble(0), options.loss() + " loss", task)
                / model.config().level();
        terms.add(scaled(tape, term, weight));
      }
      if (objective == CONTRASTIVE || objective == BOTH) {
        Variable term = ContrastiveLoss.of(tape, output.tokens(), plan.contrastive().form());
        contrastive = finite(term.value().getDouble(0), "contrastive loss", task);
        terms.add(
            scaled(tape, term, weight * plan.contrastive().weight() * model.config().level()));
      }
      tape.backward(terms.stream().reduce((a, b) -> Dense.add(tape, a, b)).orElseThrow());
    }
    return new double[] {loss, contrastive};
  }

  private Variable loss(Tape tape, Variable restored, INDArray clean) {
    return switch (options.loss()) {
      case L1 -> Losses.l1(tape, restored, clean);
      case CHARBONNIER ->
          Losses.charbonnier(
              tape, restored, clean, CHARBONNIER_EPSILON * model.config().rgbRange());
    };
  }

  private static Variable scaled(Tape tape, Variable x, double factor) {
    return factor == 1 ? x : Dense.scale(tape, x, factor);
  }

  /** Limits the global norm of the gradients; yields what it was. */
  private double clip(List<ParameterLayout.Range> ranges, Task task) {
    double sum = 0;
    for (ParameterLayout.Range range : ranges) {
      sum += Math.pow(gradients.range(range).norm2Number().doubleValue(), 2);
    }
    double norm = finite(Math.sqrt(sum), "gradients' norm", task);
    if (options.clipping() > 0 && norm > options.clipping()) {
      ranges.forEach(range -> gradients.range(range).muli(options.clipping() / norm));
    }
    return norm;
  }

  private void average() {
    double decay = Math.min(options.averaging(), (1.0 + step) / (10.0 + step));
    INDArray mean = average.values().flat();
    mean.muli(decay);
    Kernels.addScaled(1 - decay, model.values().flat(), mean);
  }

  private double finite(double value, String name, Task task) {
    if (!Double.isFinite(value)) {
      throw new TrainingException(
          String.format(
              Locale.ROOT, "step %d, task %s: the %s is %s", step, task.name(), name, value));
    }
    return value;
  }

  private INDArray array(Tape tape, float[] pixels, PatchBatch.Part part, int side) {
    long[] shape = {part.count(), Image.CHANNELS, side, side};
    int patch = Image.CHANNELS * side * side;
    return tape.array(pixels, part.from() * patch, shape).muli(model.config().level());
  }
}
