package org.ipt4j.core;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The place of each named parameter in a flat vector: values, gradients, an optimiser's moments and
 * weight files all use this one layout. It is cut into consecutive {@link Range}s that are updated
 * as a whole (the body, and each task's own parameters).
 */
public final class ParameterLayout {
  /** Consecutive parameters that are updated together. */
  public record Range(String name, long offset, long length) {
    /** Whether {@code parameter} lies in this range. */
    public boolean contains(Parameter parameter) {
      return parameter.offset() >= offset && parameter.offset() < offset + length;
    }
  }

  private final List<Parameter> parameters;
  private final List<Range> ranges;
  private final long length;

  private ParameterLayout(List<Parameter> parameters, List<Range> ranges, long length) {
    this.parameters = List.copyOf(parameters);
    this.ranges = List.copyOf(ranges);
    this.length = length;
  }

  /** All parameters in the order of the vector. */
  public List<Parameter> parameters() {
    return parameters;
  }

  /** All ranges in the order of the vector; together they cover it. */
  public List<Range> ranges() {
    return ranges;
  }

  /** The range named {@code name}. */
  public Range range(String name) {
    return ranges.stream()
        .filter(range -> range.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        Locale.ROOT,
                        "no range %s; there are %s",
                        name,
                        ranges.stream().map(Range::name).toList())));
  }

  /** The length of the flat vector. */
  public long length() {
    return length;
  }

  /** Collects parameters while the parts of a network are built. */
  public static final class Builder {
    private final List<Parameter> parameters = new ArrayList<>();
    private final List<Range> ranges = new ArrayList<>();
    private final Set<String> rangeNames = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private long end;

    /** A builder without ranges. */
    public Builder() {}

    /**
     * Begins a range; all parameters added from here on belong to it.
     *
     * @throws IllegalArgumentException if there is a range of that name
     */
    public Builder range(String name) {
      if (!rangeNames.add(name)) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "range %s exists already", name));
      }
      ranges.add(new Range(name, end, 0));
      return this;
    }

    /** Adds a parameter after those already there. */
    public Parameter add(String name, Initializer initializer, long... shape) {
      return add(name, initializer, shape, Array.rowByRow(shape));
    }

    /**
     * Adds a column-major matrix: products with its transpose, as in a linear layer, are fastest
     * this way.
     */
    public Parameter addByColumns(String name, Initializer initializer, long rows, long columns) {
      return add(name, initializer, new long[] {rows, columns}, new long[] {1, rows});
    }

    private Parameter add(String name, Initializer initializer, long[] shape, long[] strides) {
      if (ranges.isEmpty()) {
        throw new IllegalStateException(
            String.format(Locale.ROOT, "parameter %s belongs to no range yet", name));
      }
      if (!names.add(name)) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "parameter %s exists already", name));
      }
      Parameter parameter = new Parameter(name, end, shape, strides, initializer);
      parameters.add(parameter);
      end = Math.addExact(end, parameter.length());
      Range last = ranges.get(ranges.size() - 1);
      ranges.set(ranges.size() - 1, new Range(last.name(), last.offset(), end - last.offset()));
      return parameter;
    }

    /** The finished layout. */
    public ParameterLayout build() {
      return new ParameterLayout(parameters, ranges, end);
    }
  }
}
