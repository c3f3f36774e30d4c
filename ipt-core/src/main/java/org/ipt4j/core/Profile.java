package org.ipt4j.core;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The time that passes spend in each operation, summed over all threads. Time between two
 * operations counts towards the second.
 */
public final class Profile {
  /**
   * The totals of one operation.
   *
   * @param operation its name
   * @param forwards how often it was computed
   * @param forwardSeconds seconds in the forward pass
   * @param backwardSeconds seconds in the backward pass
   * @param multiplications of both; the backward pass counts twice
   */
  public record Line(
      String operation,
      long forwards,
      double forwardSeconds,
      double backwardSeconds,
      double multiplications) {
    /** Seconds of both passes. */
    public double seconds() {
      return forwardSeconds + backwardSeconds;
    }
  }

  private static final class Sums {
    private final LongAdder forwards = new LongAdder();
    private final LongAdder forwardNanos = new LongAdder();
    private final LongAdder backwardNanos = new LongAdder();
    private final LongAdder multiplications = new LongAdder();
  }

  private static volatile Profile current; // null: nobody asks

  private final Map<String, Sums> byOperation = new ConcurrentHashMap<>();

  private Profile() {}

  /** Begins a profile of the passes that start from here on, and ends the previous profile. */
  public static Profile begin() {
    Profile profile = new Profile();
    current = profile;
    return profile;
  }

  /** Passes that start from here on are no longer counted. */
  public void end() {
    current = null;
  }

  /** The profile that passes report to; null if there is none. */
  static Profile current() {
    return current;
  }

  void forward(Operation operation, long nanos) {
    Sums sums = sums(operation);
    sums.forwards.increment();
    sums.forwardNanos.add(nanos);
    sums.multiplications.add(operation.multiplications());
  }

  void backward(Operation operation, long nanos) {
    Sums sums = sums(operation);
    sums.backwardNanos.add(nanos);
    sums.multiplications.add(2 * operation.multiplications());
  }

  private Sums sums(Operation operation) {
    return byOperation.computeIfAbsent(operation.name(), name -> new Sums());
  }

  /** The totals so far, the operation that took longest first. */
  public List<Line> lines() {
    return byOperation.entrySet().stream()
        .map(
            entry -> {
              Sums sums = entry.getValue();
              return new Line(
                  entry.getKey(),
                  sums.forwards.sum(),
                  sums.forwardNanos.sum() / 1e9,
                  sums.backwardNanos.sum() / 1e9,
                  sums.multiplications.sum());
            })
        .sorted(Comparator.comparingDouble(Line::seconds).reversed())
        .toList();
  }
}
