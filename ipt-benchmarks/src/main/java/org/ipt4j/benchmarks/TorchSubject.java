package org.ipt4j.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.data.image.Bicubic;

/** PyTorch, through DJL, running {@link TorchScript}. Nothing of ND4J is loaded beside it. */
final class TorchSubject implements Subject {
  private static final float[] MEAN = {0.4488f, 0.4371f, 0.4040f};

  private final Case of;
  private final PtNDManager manager = (PtNDManager) NDManager.newBaseManager("PyTorch");
  private final Path folder;
  private final List<String> names;
  private final NDList weights = new NDList(); // "w[]": a name with brackets is a list's item
  private final NDList moving = new NDList(); // the same memory for Adam, and its moments
  private final NDArray mean;
  private final NDArray enlarge;
  private final NDArray step; // how many training steps are done
  private final Map<Case.Work, PtSymbolBlock> programs = new EnumMap<>(Case.Work.class);

  TorchSubject(Case of, Path folder) throws IOException {
    this.of = of;
    this.folder = folder;
    Map<String, Inputs.Place> places = Inputs.places(folder);
    names = List.copyOf(places.keySet());
    // run as written: the profiling executor refuses ReLU in place when training
    JniUtils.setGraphExecutorOptimize(false);
    FloatBuffer numbers = Inputs.weights(folder);
    List<NDArray> first = new ArrayList<>();
    List<NDArray> second = new ArrayList<>();
    for (Inputs.Place place : places.values()) {
      Shape shape = new Shape(place.shape());
      FloatBuffer part = numbers.slice(place.offset(), place.length());
      PtNDArray weight = (PtNDArray) manager.create(part, shape);
      weights.add(named(weight, "w[]"));
      if (of.work == Case.Work.TRAINING) {
        weight.setRequiresGradient(true);
        moving.add(named(JniUtils.detachGradient(weight), "d[]"));
        first.add(named(manager.zeros(shape), "m[]"));
        second.add(named(manager.zeros(shape), "v[]"));
      }
    }
    moving.addAll(first);
    moving.addAll(second);
    float[] shift = new float[MEAN.length];
    for (int i = 0; i < shift.length; i++) {
      shift[i] = (float) (MEAN[i] * of.config.rgbRange());
    }
    mean = named(manager.create(shift, new Shape(1, 3, 1, 1)), "mean");
    float[][] matrix = Bicubic.enlargingMatrix(of.side(), Case.SCALE);
    enlarge = named(manager.create(matrix), "enlarge");
    step = named(manager.zeros(new Shape(1)).squeeze(), "step");
  }

  @Override
  public float[] restore(float[] degraded, int n) {
    try (NDManager pass = manager.newSubManager()) {
      NDList inputs = new NDList(pixels(pass, degraded, n, of.side(), "x"), mean, enlarge);
      inputs.addAll(weights);
      return run(Case.Work.INFERENCE, pass, inputs).mul(1 / of.config.level()).toFloatArray();
    }
  }

  @Override
  public double train(float[] degraded, float[] clean) {
    try (NDManager pass = manager.newSubManager()) {
      NDArray x = pixels(pass, degraded, of.batch, of.side(), "x");
      NDArray target = pixels(pass, clean, of.batch, of.side() * Case.SCALE, "target");
      NDList inputs = new NDList(x, target, mean, enlarge, step);
      inputs.addAll(weights);
      inputs.addAll(moving);
      return run(Case.Work.TRAINING, pass, inputs).getFloat() / of.config.level();
    }
  }

  @Override
  public float[] picture(float[] pixels) {
    int side = of.side() * Case.SCALE;
    float[] window = new float[side * side];
    for (int i = 0; i < window.length; i++) {
      window[i] = (float) (rising(i / side) * rising(i % side));
    }
    try (NDManager pass = manager.newSubManager()) {
      NDArray x = pixels(pass, pixels, 1, Case.PICTURE_SIDE, "x");
      NDArray weight = named(pass.create(window, new Shape(1, 1, side, side)), "window");
      NDList inputs = new NDList(x, mean, enlarge, weight);
      inputs.addAll(weights);
      return run(Case.Work.PICTURE, pass, inputs).toFloatArray();
    }
  }

  // the weight of a tile's pixel along one axis
  private double rising(int i) {
    double sine = Math.sin(Math.PI * (i / Case.SCALE + 0.5) / of.side());
    return sine * sine;
  }

  private NDArray run(Case.Work work, NDManager pass, NDList inputs) {
    PtSymbolBlock program = programs.computeIfAbsent(work, this::load);
    boolean training = work == Case.Work.TRAINING;
    NDArray result = IValueUtils.forward(program, inputs, training).singletonOrThrow();
    result.attach(pass);
    return result;
  }

  private PtSymbolBlock load(Case.Work work) {
    Path script = folder.resolve(work + ".pt");
    try {
      TorchScript.write(of, work, names, script);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return JniUtils.loadModule(manager, script, false, new String[0], new String[0], false);
  }

  private NDArray pixels(NDManager pass, float[] pixels, int n, int side, String name) {
    return named(pass.create(pixels, new Shape(n, 3, side, side)).muli(of.config.level()), name);
  }

  private static NDArray named(NDArray array, String name) {
    array.setName(name);
    return array;
  }
}
