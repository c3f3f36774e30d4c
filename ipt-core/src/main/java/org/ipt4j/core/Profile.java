package org.ipt4j.core;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The time that passes spend in each operation, summed over all threads. What happens between two
 * operations counts as the second's.
 */
public final class Profile {
  /**
   * All calls of one operation.
   *
   * @param operation its name
   * @param forwards how often it was computed
   * @param forwardSeconds on the way forward
   * @param backwardSeconds on the way back
   * @param multiplications forward and back, where going back takes twice as many
   */
  public record Line(
      String operation,
      long forwards,
      double forwardSeconds,
      double backwardSeconds,
      double multiplications) {
    /** Forward and back. */
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

  /** Begins a profile of the passes that begin from here on, and ends the one before. */
  public static Profile begin() {
    Profile profile = new Profile();
    current = profile;
    return profile;
  }

  /** Passes that begin from here on are no longer counted. */
  public void end() {
    current = null;
  }

  /** What passes are to be counted by; null: nothing. */
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

  /** What was counted so far, the operation that took longest first. */
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
