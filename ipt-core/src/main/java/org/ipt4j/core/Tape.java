package org.ipt4j.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One pass through a network: holds its arrays and, in training, what the backward pass needs.
 *
 * <p>While a tape is open, every array made on its thread lives in the thread's {@link Arena},
 * which {@link #backward} all but empties and {@link #close} empties; copy out what should stay.
 * After a first pass of the same kind nothing is allocated. At most one tape is open per thread;
 * many threads may read one {@link ParameterVector}.
 */
public final class Tape implements AutoCloseable {
  /**
   * An operation.
   *
   * @param begin how many arrays the pass had made before it
   */
  private record Step(Variable output, Runnable backward, int begin, Variable... inputs) {}

  /** The operations of the backward pass, and the memory of their gradients. */
  private static final class Recording {
    private final List<Step> steps = new ArrayList<>();
    private final Arena memory;
    private final Map<Array, Arena.Piece> gradients = new IdentityHashMap<>(); // given out
    private int end; // how many arrays the pass had made after the last step
    private Array flowing; // the gradient on its way to an operation's inputs; null: taken over

    private Recording(Arena memory) {
      this.memory = memory;
    }

    private void add(Variable output, Runnable backward, Variable... inputs) {
      steps.add(new Step(output, backward, end, inputs));
      end = memory.made();
    }

    /** Nobody reads an operation's arrays once it has gone back, for those after it have. */
    private void goBack() {
      for (int i = steps.size() - 1; i >= 0; i--) {
        Step step = steps.get(i);
        if (step.output().gradient() != null) {
          step.backward().run();
        }
        for (Variable input : step.inputs()) {
          input.used();
        }
        memory.endSince(step.begin());
      }
      steps.clear();
    }

    private void goBack(Operation operation, String place, Variable output, Backward backward) {
      Array dy = output.gradient();
      output.forgetGradient();
      flowing = dy;
      try {
        backward.run(dy);
      } catch (RuntimeException failure) {
        throw new IllegalStateException(
            "on the way back through " + operation + " at " + place + ": " + failure.getMessage(),
            failure);
      }
      if (flowing != null) {
        endGradient(dy);
        flowing = null;
      }
    }

    /** An array of the shape of {@code value}, kept in as many bits; content undefined. */
    private Array gradientOf(Array value) {
      long length = value.memory();
      Arena.Piece piece =
          length == value.length() ? memory.piece(value.shape()) : memory.piece(length);
      Array gradient = value.over(piece.array());
      gradients.put(gradient, piece);
      return gradient;
    }

    /** Nobody reads it any more. */
    private void endGradient(Array gradient) {
      memory.end(gradients.remove(gradient));
    }

    /** The memory for the gradient of an array. */
    private Variable.GradientMemory memoryFor(Array value) {
      return new Variable.GradientMemory() {
        @Override
        public Array array() {
          return gradientOf(value);
        }

        @Override
        public boolean handsOver(Array part) {
          if (part != flowing) {
            return false;
          }
          flowing = null;
          return true;
        }
      };
    }
  }

  private final ParameterVector values;
  private final ParameterVector gradients; // null: inference
  private final Turns.Turn turn; // null: this pass alone adds to the gradients
  private final List<ParameterGradient> shared = new ArrayList<>(); // where there are turns
  private final Set<ParameterLayout.Range> frozen = new HashSet<>();
  private final Map<Parameter, Variable> parameters = new IdentityHashMap<>();
  private final Arena arrays;
  private Recording recording; // null: values only
  private boolean recomputing;
  private boolean again; // a layer is computed a second time
  private final List<Node> nodes; // null: the graph is not kept
  private final Profile profile; // null: nobody asks
  private long mark; // when the operation before was done, for the profile
  private String place = "the input"; // the parameter that was asked for last

  private Tape(
      ParameterVector values, ParameterVector gradients, Turns.Turn turn, List<Node> nodes) {
    if (Arena.isOpen(values.device(), Arena.Use.PASS)) {
      throw new IllegalStateException("a tape is open on this thread already: close it first");
    }
    this.values = values;
    this.gradients = gradients;
    this.turn = turn;
    this.nodes = nodes;
    this.profile = Profile.current();
    Workers.tellNatives();
    this.arrays = Arena.open(values.device(), Arena.Use.PASS);
    this.recording = gradients == null ? null : new Recording(arrays);
    this.mark = System.nanoTime();
  }

  /** A pass for inference; it records nothing for a backward pass. */
  public static Tape inference(ParameterVector values) {
    return new Tape(values, null, null, null);
  }

  /** A pass that computes values and keeps the graph of its operations, none of them folded. */
  public static Tape tracing(ParameterVector values) {
    return new Tape(values, null, null, new ArrayList<>());
  }

  /**
   * A pass that can be followed by {@link #backward}, which adds to {@code gradients}. That vector
   * has the layout of {@code values}.
   */
  public static Tape training(ParameterVector values, ParameterVector gradients) {
    checkLayout(values, gradients);
    return new Tape(values, gradients, null, null);
  }

  /**
   * One of several passes that run in parallel, each on its own thread, and add to the same {@code
   * gradients} in turns. No two of the parameters that it uses may overlap.
   *
   * @param pass its place in the order, from 0; passes begin in this order
   */
  public static Tape training(
      ParameterVector values, ParameterVector gradients, Turns turns, int pass) {
    checkLayout(values, gradients);
    return new Tape(values, gradients, turns.of(pass), null);
  }

  /**
   * Frees the memory that this thread keeps from pass to pass, for threads that will make no
   * further pass soon; the next pass allocates it again. Memory of the {@link Workers}, which all
   * callers share, is not touched.
   *
   * @throws IllegalStateException if a tape is open on this thread
   */
  public static void releaseMemory() {
    Arena.release();
    Scratch.release();
    WinogradTiles.release();
  }

  /**
   * The operations so far, in order.
   *
   * @throws IllegalStateException if this is not a {@link #tracing} pass
   */
  public List<Node> nodes() {
    if (nodes == null) {
      throw new IllegalStateException("only a tracing pass keeps its operations");
    }
    return Collections.unmodifiableList(nodes);
  }

  boolean isTracing() {
    return nodes != null;
  }

  /** The device of its arrays, which computes. */
  public Device device() {
    return values.device();
  }

  /** Where in the network the pass is: the parameter asked for last. */
  String place() {
    return place;
  }

  private static void checkLayout(ParameterVector values, ParameterVector gradients) {
    if (values.layout() != gradients.layout() || values.device() != gradients.device()) {
      throw new IllegalArgumentException(
          "values and gradients must share one layout and lie on one device");
    }
  }

  /**
   * From here on the parameters of {@code range} get no gradient; the inputs of their operations
   * still may.
   */
  public Tape freeze(ParameterLayout.Range range) {
    frozen.add(range);
    return this;
  }

  /**
   * From here on the arrays of a layer in a {@link #sequence} are not kept for the backward pass
   * but computed again there: memory for one layer's arrays instead of all, at the cost of one more
   * forward pass (gradient checkpointing: Chen et al., 2016, arXiv 1604.06174, §4). Gradients are
   * bit-identical.
   */
  public Tape recomputing() {
    recomputing = true;
    return this;
  }

  /** Whether operations are recorded for a backward pass. */
  public boolean isTraining() {
    return recording != null;
  }

  /** The parameter's values and, in training, its gradient. */
  public Variable parameter(Parameter parameter) {
    place = parameter.name();
    return parameters.computeIfAbsent(
        parameter,
        p -> {
          if (gradients == null || frozen.stream().anyMatch(range -> range.contains(p))) {
            return leaf(
                Operation.of("parameter", "name", p.name(), "row", p.firstRow()), values.view(p));
          }
          return turn == null
              ? Variable.accumulating(values.view(p), gradients.view(p))
              : new Variable(values.view(p), inTurns(p));
        });
  }

  private ParameterGradient inTurns(Parameter p) {
    ParameterGradient gradient =
        new ParameterGradient(p, gradients.view(p), turn, () -> arrays.piece(p.shape()).array());
    shared.add(gradient);
    return gradient;
  }

  /** An array that needs no gradient. */
  public Variable constant(Array value) {
    return leaf(Operation.of("constant"), value);
  }

  /**
   * An input of the network: a copy of {@code numbers} from {@code from} on; it needs no gradient.
   */
  public Variable input(float[] numbers, int from, long... shape) {
    return leaf(Operation.of("input"), device().array(numbers, from, shape));
  }

  /**
   * An input of the network: {@code numbers} from {@code from} on, which are taken once; it needs
   * no gradient.
   *
   * @param numbers of this tape's device
   */
  public Variable input(Staged numbers, int from, long... shape) {
    return leaf(Operation.of("input"), numbers.array(from, shape));
  }

  private Variable leaf(Operation operation, Array value) {
    return node(operation, new Variable(value, null));
  }

  /** An array that gets a gradient in training. */
  private Variable variable(Array value) {
    Recording current = recording;
    return new Variable(value, current == null ? null : current.memoryFor(value));
  }

  /** An array of this pass; content undefined. */
  public Array array(long... shape) {
    return device().array(shape);
  }

  /**
   * Opens memory for the temporary arrays of one operation; they end with the {@code try} block.
   * Cannot be nested.
   */
  public Arena scratch() {
    return Arena.open(device(), Arena.Use.SCRATCH);
  }

  /**
   * Ends an operation: gives its output, and how the output's gradient flows on to the inputs.
   * {@code backward} runs with {@link #scratch} open, and only if a gradient reached the output.
   *
   * @param output an array of its own, no part of an input
   * @param inputs what the operation read; if none of them needs a gradient, nothing is kept for
   *     the backward pass
   */
  public Variable record(Operation operation, Array output, Backward backward, Variable... inputs) {
    return record(operation, output, Kept.of(inputs).andOutput(), backward, inputs);
  }

  /**
   * As {@link #record(Operation, Array, Backward, Variable...)}, for an operation that does not
   * read all of its numbers on the way back.
   *
   * @param kept what {@code backward} reads
   */
  public Variable record(
      Operation operation, Array output, Kept kept, Backward backward, Variable... inputs) {
    if (!again) {
      for (Variable input : inputs) {
        input.expectUse();
      }
    }
    if (profile != null) {
      long now = now();
      profile.forward(operation, now - mark);
      mark = now;
    }
    if (recording == null || Arrays.stream(inputs).noneMatch(Variable::isDifferentiable)) {
      return node(operation, new Variable(output, null), inputs);
    }
    Variable result = variable(output);
    kept.inputs().forEach(Variable::keep);
    if (kept.output()) {
      result.keep();
    }
    Recording current = recording;
    String here = place;
    current.add(
        result,
        () -> {
          long begin = profile == null ? 0 : now();
          try (Arena memory = scratch()) {
            current.goBack(operation, here, result, backward);
          }
          if (profile != null) {
            profile.backward(operation, now() - begin);
          }
        },
        inputs);
    return result;
  }

  /**
   * Says that no further operation reads {@code x}, also none of a layer that is computed again. If
   * the way back does not read it either, other arrays may take its memory; none do while memory of
   * a layer or an operation is open beside the pass's.
   */
  public void end(Variable x) {
    if (!isTracing()) {
      x.end();
    }
  }

  /** The time, when all operations so far are done. */
  private long now() {
    device().await();
    return System.nanoTime();
  }

  private Variable node(Operation operation, Variable output, Variable... inputs) {
    if (nodes != null) {
      nodes.add(new Node(operation, List.of(inputs), List.of(output), place));
    }
    return output;
  }

  /** Passes the gradient of an operation's output on to its inputs. */
  @FunctionalInterface
  public interface Backward {
    /**
     * Adds to the gradients of the inputs.
     *
     * @param dy d loss / d output, in the output's shape; it may be overwritten until a variable
     *     has received it
     */
    void run(Array dy);
  }

  /**
   * The columns [from, to) of the last axis, as views of {@code x}: one variable for each pair of
   * neighbouring {@code bounds}, which run from 0 to the axis's length. The gradients of the parts
   * go into x's gradient without a copy, so x itself may not be used again, unless it is a
   * parameter.
   *
   * @throws IllegalArgumentException if the bounds are others
   * @throws IllegalStateException if x was split before and is no parameter
   */
  public Variable[] split(Variable x, long... bounds) {
    Shapes.checkBounds(this, x, bounds);
    if (!again) {
      x.expectUse();
    }
    x.keep(); // for those that read its parts
    boolean recorded = recording != null && x.isDifferentiable();
    if (recorded && !x.isParameter()) {
      x.giveAway();
    }
    Variable[] parts = new Variable[bounds.length - 1];
    for (int i = 0; i < parts.length; i++) {
      long from = bounds[i];
      long to = bounds[i + 1];
      Array value = x.value().columns(from, to);
      parts[i] = new Variable(value, recorded ? memoryOfPart(x, from, to) : null);
    }
    if (nodes != null) {
      Operation split = Operation.of("split", "bounds", Arrays.stream(bounds).boxed().toList());
      nodes.add(new Node(split, List.of(x), List.of(parts), place));
    }
    if (recorded) {
      recording.add(x, () -> zeroUnreached(x, parts, bounds), x);
    }
    return parts;
  }

  private static Variable.GradientMemory memoryOfPart(Variable x, long from, long to) {
    if (!x.isParameter()) {
      return () -> x.gradientArray().columns(from, to);
    }
    return new Variable.GradientMemory() {
      @Override
      public Array array() {
        return x.filledGradient().columns(from, to);
      }

      @Override
      public boolean isFilled() {
        return true;
      }
    };
  }

  private static void zeroUnreached(Variable x, Variable[] parts, long[] bounds) {
    if (x.isParameter()) {
      return; // others have added to it, or it is filled
    }
    for (int i = 0; i < parts.length; i++) {
      if (parts[i].gradient() == null) {
        x.value().device().fill(x.gradient().columns(bounds[i], bounds[i + 1]), 0);
      }
    }
  }

  /**
   * Runs {@code x} through layers that keep its shape, one after another; only the next layer may
   * read what one has made, and what it makes of that is an array of its own. In inference, and
   * when {@link #recomputing}, each layer's arrays end with the layer or the next one, so that
   * memory hardly grows with depth.
   */
  public Variable sequence(List<? extends Layer> layers, Variable x) {
    Variable result = x;
    if (isTraining() || isTracing()) {
      for (Layer layer : layers) {
        Variable before = result;
        result = recomputing ? recomputed(layer, before) : layer.forward(this, before);
        if (before != x && before != result) {
          end(before);
        }
      }
    } else if (!layers.isEmpty()) {
      result = new Variable(array(x.shape()), null);
      valuesOnly(layers, x, result.value());
    }
    return result;
  }

  /** y = what the layers make of x; two of them at a time have their arrays. */
  private void valuesOnly(List<? extends Layer> layers, Variable x, Array y) {
    Arena own = null;
    Arena before = null; // of the layer before, whose output is read
    try {
      Variable passed = x;
      for (int i = 0; i < layers.size(); i++) {
        own = Arena.open(device(), i % 2 == 0 ? Arena.Use.LAYER : Arena.Use.NEXT_LAYER);
        passed = layers.get(i).forward(this, passed);
        if (before != null) {
          before.close();
        }
        before = own;
        own = null;
      }
      device().copy(passed.value(), y);
    } finally {
      for (Arena open : new Arena[] {own, before}) {
        if (open != null) {
          open.close();
        }
      }
    }
  }

  /** y = layer(x), keeping nothing else; y may be x's own array. */
  private void valuesOnly(Layer layer, Variable x, Array y) {
    try (Arena memory = layerMemory()) {
      device().copy(layer.forward(this, x).value(), y);
    }
  }

  private Variable recomputed(Layer layer, Variable x) {
    Recording outer = recording;
    Array y = array(x.shape());
    x.keep(); // until the layer is computed again
    recording = null;
    try {
      valuesOnly(layer, x, y);
    } finally {
      recording = outer;
    }
    Variable result = variable(y);
    outer.add(
        result,
        () -> {
          goBackThrough(layer, x, result.gradient());
          outer.endGradient(result.gradient());
          result.forgetGradient();
        });
    return result;
  }

  private void goBackThrough(Layer layer, Variable x, Array dy) {
    Recording outer = recording;
    try (Arena memory = layerMemory()) {
      recording = new Recording(memory);
      mark = System.nanoTime();
      again = true;
      Variable y = layer.forward(this, x);
      again = false;
      y.receive(dy);
      recording.goBack();
    } finally {
      recording = outer;
      again = false;
    }
  }

  private Arena layerMemory() {
    return Arena.open(device(), Arena.Use.LAYER);
  }

  /**
   * Adds d loss / d parameter to the gradients of all parameters on which the scalar {@code loss}
   * depends. Once per tape: it ends the arrays of this pass, of whose values only losses can still
   * be read.
   */
  public void backward(Variable loss) {
    if (!isTraining()) {
      throw new IllegalStateException("backward needs a training tape, this one is for inference");
    }
    if (loss.value().length() != 1) {
      throw new IllegalArgumentException("backward expects a scalar loss, got " + loss.value());
    }
    loss.receive((target, beta) -> device().fill(target, 1));
    recording.goBack();
    shared.forEach(ParameterGradient::finish);
  }

  /** Ends all arrays of this pass; does nothing the second time. */
  @Override
  public void close() {
    if (turn != null) {
      turn.end();
    }
    arrays.close();
  }
}
