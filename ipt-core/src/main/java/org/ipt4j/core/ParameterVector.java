package org.ipt4j.core;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One flat vector with the views of a {@link ParameterLayout}: a network's values, or their
 * gradients. Lives outside every {@link Arena}. Many threads may read it at once; whoever writes
 * keeps the others away.
 */
public final class ParameterVector {
  private final ParameterLayout layout;
  private final INDArray flat;
  private final Map<Parameter, INDArray> views = new ConcurrentHashMap<>();

  private ParameterVector(ParameterLayout layout, INDArray flat) {
    this.layout = layout;
    this.flat = flat;
  }

  /** All zeros. {@code type} is FLOAT or DOUBLE. */
  public static ParameterVector zeros(ParameterLayout layout, DataType type) {
    if (type != DataType.FLOAT && type != DataType.DOUBLE) {
      throw new IllegalArgumentException("parameters are FLOAT or DOUBLE, got " + type);
    }
    return new ParameterVector(layout, Arena.unpooled(type, layout.length()).assign(0));
  }

  /** Every parameter as its initializer says; a pure function of the seed and the layout. */
  public static ParameterVector initialized(ParameterLayout layout, DataType type, long seed) {
    ParameterVector vector = zeros(layout, type);
    for (Parameter parameter : layout.parameters()) {
      RandomGenerator random = Randomness.at(seed, parameter.name().hashCode());
      for (long i = 0; i < parameter.length(); i++) {
        vector.flat.data().put(parameter.place(i), parameter.initializer().next(random));
      }
    }
    return vector;
  }

  /** The same numbers in memory of their own. */
  public ParameterVector copy() {
    ParameterVector copy = zeros(layout, type());
    copy.flat.assign(flat);
    return copy;
  }

  /** Where the parameters lie. */
  public ParameterLayout layout() {
    return layout;
  }

  /** FLOAT or DOUBLE. */
  public DataType type() {
    return flat.dataType();
  }

  /** The whole vector, itself, not a copy. */
  public INDArray flat() {
    return flat;
  }

  /** The part of the vector that belongs to {@code range}, a view. */
  public INDArray range(ParameterLayout.Range range) {
    return Kernels.view(flat, range.offset(), new long[] {range.length()}, new long[] {1});
  }

  /** A copy of the parameter's numbers, row by row (the last dimension of its shape fastest). */
  public float[] read(Parameter parameter) {
    float[] numbers = new float[Math.toIntExact(parameter.length())];
    read(parameter, numbers);
    return numbers;
  }

  /** As {@link #read(Parameter)}, into an array as long as the parameter has numbers. */
  public void read(Parameter parameter, float[] numbers) {
    RowOrder.read(flat, parameter.offset(), parameter, numbers);
  }

  /**
   * Replaces the parameter's numbers.
   *
   * @param numbers row by row, as many as its shape has
   */
  public void write(Parameter parameter, float[] numbers) {
    RowOrder.write(numbers, flat, parameter.offset(), parameter);
  }

  /** The parameter's numbers in its shape, a view. */
  public INDArray view(Parameter parameter) {
    return views.computeIfAbsent(
        parameter, p -> Kernels.view(flat, p.offset(), p.shape(), p.strides()));
  }
}
