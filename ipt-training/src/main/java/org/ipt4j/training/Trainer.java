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
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.ipt4j.contrastive.ContrastiveLoss;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Losses;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Staged;
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
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Trains a model step by step (Chen et al., 2021, §3.2): each batch is of one task; its loss is L1,
 * the contrastive loss on the decoder's tokens, or both, as the plan says; the body moves in every
 * step, a task's own parameters only in its steps. Step k is a pure function of the weights and
 * moments before it and of k.
 */
public final class Trainer {
  private static final String MOMENTS = ModelFile.EXTRA + "moments.";
  private static final String GRADIENTS = ModelFile.EXTRA + "gradients.";

  /** How the weights' names begin where the model is averaged. */
  static final String WEIGHTS = ModelFile.EXTRA + "weights.";

  private static final double CHARBONNIER_EPSILON = 0.001; // of white

  private final IptModel model;
  private final IptModel average; // null: none is kept
  private final TrainingPlan plan;
  private final TrainingOptions options;
  private final RunIdentity alone;
  private final BatchSource batches;
  private final ParameterVector gradients;
  private final Optimizer optimizer;
  private RunIdentity identity; // alone, or with those who share the run
  private int shard; // of so many that share each step's batches
  private int shards = 1;
  private long step;
  private int threads = Workers.count(); // for which the run cuts L1 batches, wherever it goes on

  /** Trains the published way. */
  public Trainer(IptModel model, TrainingPlan plan, BatchSource batches, IUpdater updater) {
    this(model, plan, batches, updater, TrainingOptions.PUBLISHED);
  }

  /**
   * Training from step 0 on.
   *
   * @param model whose weights will move
   * @param updater one of ND4J's, with its learning rate or schedule over steps; it is not changed:
   *     AMSGrad, AdaGrad, AdaMax, Adam, Nadam, Nesterovs, RmsProp or Sgd. Nadam does not correct
   *     its mean of squares: its first step is 60 times the learning rate, so give it a lower one
   * @throws IllegalArgumentException for ND4J's AdaBelief, which does not work here
   * @throws UnsupportedOperationException for ND4J's AdaDelta and NoOp, which have no learning rate
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
    this.alone = new RunIdentity(plan, options, updater);
    this.identity = alone;
    this.batches = batches;
    this.gradients = ParameterVector.zeros(model.values().layout(), model.values().device());
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
   * If this thread is interrupted, training ends after a whole step, and the thread stays
   * interrupted. What a source of batches or a listener throws passes through.
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
    try (Prefetch<StagedBatch> ahead = ahead(loaderThreads)) {
      trainTo(end, ahead, listener, stop);
    }
  }

  /** The batches from the next step on, made and staged by so many threads. */
  Prefetch<StagedBatch> ahead(int loaderThreads) {
    int ahead = device().takesWholeBatches() ? loaderThreads + 2 : 2 * loaderThreads;
    return new Prefetch<>(this::batch, StagedBatch::close, step, loaderThreads, ahead);
  }

  /**
   * As {@link #trainTo(long, int, TrainingListener, BooleanSupplier)}.
   *
   * @param ahead from {@link #ahead}, all taken up to the next step
   */
  void trainTo(
      long end, Prefetch<StagedBatch> ahead, TrainingListener listener, BooleanSupplier stop) {
    while (step < end && !stop.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
      StepReport done;
      try {
        done = trainOn(ahead);
      } catch (CancellationException waiting) {
        if (Thread.currentThread().isInterrupted()) {
          return;
        }
        throw waiting;
      }
      listener.stepDone(done);
    }
  }

  private StagedBatch batch(long k) {
    PatchBatch batch = null;
    try {
      batch = batches.batch(plan.task(k), k * shards + shard);
      return StagedBatch.of(batch, device());
    } catch (OutOfMemoryError | RuntimeException failure) {
      if (Device.isOutOfMemory(failure)) {
        throw batch == null ? outOfMemory(step(k), failure) : outOfMemory(step(k), batch, failure);
      }
      throw failure;
    }
  }

  /** From here on this is one shard of a run that several share. */
  void share(Rounds rounds, int number) {
    identity = alone.shared(rounds);
    shards = rounds.shards();
    shard = number;
  }

  /**
   * What is other here than where the run began, and decides its sums: all but L1 batches are
   * computed by as many threads as there are. Empty if nothing is.
   */
  Optional<String> otherThreads() {
    boolean contrastive = plan.contrastive().mixture() != Contrastive.Mixture.NONE;
    return contrastive && !device().takesWholeBatches() && Workers.count() != threads
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "the run computes its contrastive batches on %d threads, here are %d",
                threads,
                Workers.count()))
        : Optional.empty();
  }

  /**
   * Writes all that {@link #resume} needs, and {@link #model}, into one file, complete or not at
   * all.
   *
   * @param notes texts to keep with it
   * @throws TrainingException if a weight is not finite: such a file could not be read again
   */
  public void save(Path file, Map<String, String> notes) throws IOException {
    if (!device().isFinite(model.values().flat()) || !device().isFinite(model().values().flat())) {
      throw new TrainingException(
          String.format(Locale.ROOT, "step %d: weights that are not finite are not saved", step));
    }
    Map<String, String> metadata = new HashMap<>(notes);
    metadata.putAll(state().toMetadata(identity));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    extras().forEach((name, numbers) -> tensors.put(name, numbers.tensor()));
    ModelFile.save(model(), file, metadata, tensors);
  }

  /**
   * Takes weights, moments and step from a file that {@link #save} wrote: what follows is what
   * would have followed there; to the bit, if there are contrastive batches, with the same number
   * of threads only.
   *
   * @throws IllegalArgumentException if the file is of another plan or kind of updater; another
   *     learning rate is taken
   * @throws IOException if it cannot be read, is damaged, or is of another network
   */
  public void resume(Path file) throws IOException {
    try (TensorFile tensors = SafeTensors.open(file)) {
      TrainingState state = TrainingState.of(tensors, identity, optimizer.counts().keySet());
      Map<String, ? extends SavedNumbers> extras =
          OldCheckpoint.isOne(tensors.metadata())
              ? OldCheckpoint.vectors(optimizer.moments(), average == null ? null : model.values())
              : extras();
      extras.forEach((name, numbers) -> checkShape(tensors, name, numbers.shape()));
      ModelFile.read(tensors, model());
      for (Map.Entry<String, ? extends SavedNumbers> extra : extras.entrySet()) {
        extra.getValue().restore(tensors, extra.getKey());
      }
      optimizer.restoreCounts(state.counts());
      step = state.step();
      threads = state.threads();
    }
  }

  private TrainingState state() {
    return new TrainingState(step, optimizer.counts(), threads);
  }

  /**
   * Writes the gradients of the next step's batch, which is not taken: {@link #stepBy} does that.
   *
   * @return the step as it would be
   */
  StepReport saveGradients(Path file) throws IOException {
    long start = System.nanoTime();
    try (StagedBatch batch = batch(step)) {
      double waited = (System.nanoTime() - start) / 1e9;
      Step now = step(step);
      List<ParameterLayout.Range> ranges = moved(now);
      LossValues losses = gradients(now, batch, ranges);
      double norm = norm(ranges, now);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      savedGradients(ranges).forEach((name, numbers) -> tensors.put(name, numbers.tensor()));
      SafeTensors.write(file, state().toMetadata(identity), tensors);
      return report(now, batch.count(), losses, norm, start, waited);
    }
  }

  /**
   * Takes the next step, by gradients from a file.
   *
   * @throws IllegalArgumentException if they are of another step or run
   */
  void stepBy(Path file) throws IOException {
    Step now = step(step);
    List<ParameterLayout.Range> ranges = moved(now);
    try (TensorFile tensors = SafeTensors.open(file)) {
      TrainingState of = TrainingState.of(tensors, identity, optimizer.counts().keySet());
      if (!of.equals(state())) {
        throw new IllegalArgumentException(
            file + ": expected gradients of " + state() + ", got those of " + of);
      }
      Map<String, SavedNumbers.OfParameter> saved = savedGradients(ranges);
      saved.forEach((name, numbers) -> checkShape(tensors, name, numbers.shape()));
      for (Map.Entry<String, SavedNumbers.OfParameter> each : saved.entrySet()) {
        each.getValue().restore(tensors, each.getKey());
      }
    }
    move(now, ranges);
  }

  private Map<String, SavedNumbers.OfParameter> savedGradients(List<ParameterLayout.Range> ranges) {
    Map<String, SavedNumbers.OfParameter> saved = new LinkedHashMap<>();
    for (ParameterLayout.Range range : ranges) {
      put(saved, GRADIENTS, gradients, range::contains);
    }
    return saved;
  }

  /** What a checkpoint holds beside the model, by parameter. */
  private Map<String, SavedNumbers.OfParameter> extras() {
    Map<String, SavedNumbers.OfParameter> extras = new LinkedHashMap<>();
    optimizer
        .moments()
        .vectors()
        .forEach((name, vector) -> put(extras, MOMENTS + name + ".", vector, all -> true));
    if (average != null) {
      put(extras, WEIGHTS, model.values(), all -> true);
    }
    return extras;
  }

  private static void put(
      Map<String, SavedNumbers.OfParameter> extras,
      String prefix,
      ParameterVector vector,
      Predicate<Parameter> wanted) {
    for (Parameter parameter : vector.layout().parameters()) {
      if (wanted.test(parameter)) {
        extras.put(prefix + parameter.name(), new SavedNumbers.OfParameter(vector, parameter));
      }
    }
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

  private StepReport trainOn(Prefetch<StagedBatch> ahead) {
    long start = System.nanoTime();
    try (StagedBatch batch = ahead.take()) {
      double waited = (System.nanoTime() - start) / 1e9;
      Step now = step(step);
      List<ParameterLayout.Range> ranges = moved(now);
      LossValues losses = gradients(now, batch, ranges);
      double norm = move(now, ranges);
      return report(now, batch.count(), losses, norm, start, waited);
    }
  }

  private Step step(long number) {
    return new Step(number, plan.task(number), plan.objective(number));
  }

  private StepReport report(
      Step of, int images, LossValues losses, double norm, long start, double waited) {
    return new StepReport(
        of.number(),
        of.task(),
        of.objective(),
        losses.restored(),
        losses.contrastive(),
        norm,
        optimizer.learningRate(of.number()),
        images,
        (System.nanoTime() - start) / 1e9,
        waited);
  }

  /** Moves the values against the gradients, which ends the step; yields their norm. */
  private double move(Step now, List<ParameterLayout.Range> ranges) {
    double norm = norm(ranges, now);
    clip(ranges, norm);
    optimizer.update(ranges, step);
    if (average != null) {
      average();
    }
    step++;
    return norm;
  }

  private static TrainingException outOfMemory(Step now, Throwable failure) {
    boolean isCopy = failure.getMessage() == null; // of what another thread's share threw
    return new TrainingException(
        String.format(
            Locale.ROOT,
            "%s: out of memory while its batch was made (%s); lower the batch size, make fewer"
                + " batches at a time, or give Java more memory (-Xmx)",
            now,
            isCopy ? failure.getCause() : failure.getMessage()),
        failure);
  }

  private TrainingException outOfMemory(Step now, PatchBatch batch, Throwable failure) {
    return new TrainingException(
        String.format(
            Locale.ROOT,
            "%s: out of memory with a batch of %d in %d parts (%s); lower the batch"
                + " size, accumulate more parts, or turn on recomputation",
            now,
            batch.count(),
            options.accumulation(),
            failure.getMessage()),
        failure);
  }

  /** The ranges that a step moves. */
  private List<ParameterLayout.Range> moved(Step now) {
    List<ParameterLayout.Range> ranges = new ArrayList<>(model.trunk(now.task()));
    if (now.objective() != CONTRASTIVE) {
      ranges.add(model.tail(now.task()));
    }
    if (options.bodyFrozen()) {
      ranges.remove(model.body());
    }
    return ranges;
  }

  /** Makes the gradients those of the batch's losses, and yields these. */
  private LossValues gradients(Step now, StagedBatch batch, List<ParameterLayout.Range> ranges) {
    try {
      return added(now, batch, ranges);
    } catch (OutOfMemoryError | RuntimeException failure) {
      if (Device.isOutOfMemory(failure)) {
        throw outOfMemory(now, batch.patches(), failure);
      }
      throw failure;
    }
  }

  private LossValues added(Step now, StagedBatch batch, List<ParameterLayout.Range> ranges) {
    List<PatchBatch.Part> parts = parts(now, batch.patches());
    ranges.forEach(range -> device().fill(gradients.range(range), 0));
    LossValues[] each = new LossValues[parts.size()];
    Turns turns = new Turns();
    IntConsumer piece =
        i -> {
          double weight = (double) parts.get(i).count() / batch.count();
          try (Tape tape = Tape.training(model.values(), gradients, turns, i)) {
            each[i] = piece(tape, now, batch, parts.get(i), weight);
          } catch (RuntimeException | Error failure) {
            turns.abandon();
            throw failure;
          }
        };
    if (now.objective() == L1 && each.length > 1) {
      Workers.runEachOnOneThread(each.length, piece);
    } else {
      IntStream.range(0, each.length).forEach(piece);
    }
    return Arrays.stream(each).reduce(LossValues::plus).orElseThrow();
  }

  /** What goes through the network at once; a contrastive loss compares the images of a part. */
  private List<PatchBatch.Part> parts(Step now, PatchBatch batch) {
    int parts = options.accumulation();
    return batch.parts(
        now.objective() == L1 && !device().takesWholeBatches()
            ? Math.max(parts, Pieces.forTraining(model.config(), batch.count(), threads))
            : parts);
  }

  /**
   * Adds weight · d loss / d parameter of a part's images to the gradients; yields the losses'
   * terms, weighted.
   */
  private LossValues piece(
      Tape tape, Step now, StagedBatch batch, PatchBatch.Part part, double weight) {
    PatchBatch patches = batch.patches();
    if (options.recomputation()) {
      tape.recomputing();
    }
    if (options.bodyFrozen()) {
      tape.freeze(model.body());
    }
    IptOutput output =
        model.forward(tape, now.task(), images(tape, batch.degraded(), part, patches.side()));
    Variable restored = null;
    Variable compared = null;
    List<Variable> terms = new ArrayList<>();
    if (now.objective() == L1 || now.objective() == BOTH) {
      Variable clean = images(tape, batch.clean(), part, patches.side() * patches.scale());
      restored = loss(tape, output.restored(), clean);
      terms.add(scaled(tape, restored, weight));
    }
    if (now.objective() == CONTRASTIVE || now.objective() == BOTH) {
      compared = ContrastiveLoss.of(tape, output.tokens(), plan.contrastive().form());
      double factor = weight * plan.contrastive().weight() * model.config().level();
      terms.add(scaled(tape, compared, factor));
    }
    tape.backward(terms.stream().reduce((a, b) -> Ops.add(tape, a, b)).orElseThrow());
    // only now: a device that is asked has nothing left to do
    double loss = value(restored, options.loss() + " loss", now) / model.config().level();
    return new LossValues(weight * loss, weight * value(compared, "contrastive loss", now));
  }

  /** A term of the loss, which is finite; NaN if there is none. */
  private double value(Variable term, String name, Step now) {
    return term == null ? Double.NaN : finite(device().number(term.value()), name, now);
  }

  private Variable loss(Tape tape, Variable restored, Variable clean) {
    return switch (options.loss()) {
      case L1 -> Losses.l1(tape, restored, clean);
      case CHARBONNIER ->
          Losses.charbonnier(
              tape, restored, clean, CHARBONNIER_EPSILON * model.config().rgbRange());
    };
  }

  private static Variable scaled(Tape tape, Variable x, double factor) {
    return factor == 1 ? x : Ops.scale(tape, x, factor);
  }

  private double norm(List<ParameterLayout.Range> ranges, Step now) {
    double sum = device().squareSum(ranges.stream().map(gradients::range).toList());
    return finite(Math.sqrt(sum), "gradients' norm", now);
  }

  /** Limits the global norm of the gradients. */
  private void clip(List<ParameterLayout.Range> ranges, double norm) {
    if (options.clipping() > 0 && norm > options.clipping()) {
      for (ParameterLayout.Range range : ranges) {
        Array part = gradients.range(range);
        device().scale(part, options.clipping() / norm, part);
      }
    }
  }

  private void average() {
    double decay = Math.min(options.averaging(), (1.0 + step) / (10.0 + step));
    Array mean = average.values().flat();
    device().scale(mean, decay, mean);
    device().addScaled(1 - decay, model.values().flat(), mean);
  }

  private Device device() {
    return model.values().device();
  }

  private static double finite(double value, String name, Step now) {
    if (!Double.isFinite(value)) {
      throw new TrainingException(String.format(Locale.ROOT, "%s: the %s is %s", now, name, value));
    }
    return value;
  }

  /** Takes the part's pixels, once: it is their only copy that is scaled. */
  private Variable images(Tape tape, Staged pixels, PatchBatch.Part part, int side) {
    int patch = Image.CHANNELS * side * side;
    Variable images =
        tape.input(pixels, part.from() * patch, part.count(), Image.CHANNELS, side, side);
    device().scale(images.value(), model.config().level(), images.value());
    return images;
  }

  /** A step of the run: its number, the batch's task, its loss. */
  private record Step(long number, Task task, TrainingPlan.Objective objective) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "step %d, task %s", number, task.name());
    }
  }

  /** Of the restored images and of the tokens; NaN where it is no part of the step's loss. */
  private record LossValues(double restored, double contrastive) {
    LossValues plus(LossValues other) {
      return new LossValues(restored + other.restored, contrastive + other.contrastive);
    }
  }
}
