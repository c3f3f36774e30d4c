package org.ipt4j.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.util.CollectionAccumulator;

/**
 * Does something with each of many images, one to a task, some thousands to a job. A task that
 * fails, or whose executor is lost, is tried again by Spark, four times unless told otherwise; when
 * that fails a job, its images that were not finished get a job each, so that one image that kills
 * whatever takes it costs the others nothing.
 *
 * @param <T> an image
 * @param <R> what comes of it
 */
final class Chunks<T extends Serializable, R extends Serializable> {
  private static final int LEAST_WAVE = 64; // jobs under way at once
  private static final int TRUSTED = 8; // failures at the start that are not the images' own
  private static final Pattern CAUSE = Pattern.compile("most recent failure: ([^\\n]*)");

  /** What came of the image of that number of its chunk. */
  private record Done<R extends Serializable>(int number, R result) implements Serializable {}

  /** What comes of an image that cannot be finished. */
  interface Crashed<T, R> {
    R of(T image, String why);
  }

  private final JavaSparkContext spark;
  private final Function<T, R> work;
  private final Crashed<T, R> crashed;
  private boolean worked;

  /**
   * Does nothing yet.
   *
   * @param work on executors; throws what Spark is to try again
   */
  Chunks(JavaSparkContext spark, Function<T, R> work, Crashed<T, R> crashed) {
    this.spark = spark;
    this.work = work;
    this.crashed = crashed;
  }

  /**
   * Results in the order of the images.
   *
   * @throws IllegalStateException if it works for none of the first images
   */
  List<R> run(List<T> images) throws InterruptedException {
    List<R> results = new ArrayList<>(Collections.nCopies(images.size(), null));
    List<Integer> all = IntStream.range(0, images.size()).boxed().toList();
    try {
      submit(images, all, results, images.size()).get();
    } catch (ExecutionException failed) {
      checkAlive(failed);
    }
    List<Integer> left = all.stream().filter(i -> results.get(i) == null).toList();
    worked |= left.size() < images.size();
    int wave = Math.max(LEAST_WAVE, 2 * spark.defaultParallelism());
    for (int from = 0; from < left.size(); from += wave) {
      alone(images, left.subList(from, Math.min(left.size(), from + wave)), results);
    }
    return results;
  }

  private void alone(List<T> images, List<Integer> numbers, List<R> results)
      throws InterruptedException {
    List<Job<R>> jobs = new ArrayList<>();
    for (int number : numbers) {
      jobs.add(submit(images, List.of(number), results, 1));
    }
    String why = "";
    int failures = 0;
    for (int i = 0; i < jobs.size(); i++) {
      int number = numbers.get(i);
      try {
        jobs.get(i).get();
        worked = true;
      } catch (ExecutionException failed) {
        checkAlive(failed);
        why = cause(failed);
        failures++;
        results.set(number, crashed.of(images.get(number), why));
      }
    }
    if (!worked && failures >= TRUSTED) {
      throw new IllegalStateException("none of the first images could be finished: " + why);
    }
  }

  /** A job under way, whose results are taken also if it fails. */
  private record Job<R extends Serializable>(
      JavaFutureAction<Void> action, CollectionAccumulator<Done<R>> done, List<R> results) {
    void get() throws ExecutionException, InterruptedException {
      try {
        action.get();
      } finally {
        for (Done<R> each : done.value()) {
          results.set(each.number(), each.result());
        }
      }
    }
  }

  private Job<R> submit(List<T> images, List<Integer> numbers, List<R> results, int tasks) {
    List<Numbered<T>> chosen = new ArrayList<>();
    numbers.forEach(number -> chosen.add(new Numbered<>(number, images.get(number))));
    CollectionAccumulator<Done<R>> done = spark.sc().collectionAccumulator();
    Function<T, R> work = this.work; // without this object, which stays here
    return new Job<>(
        spark
            .parallelize(chosen, Math.max(1, tasks))
            .foreachAsync(each -> done.add(new Done<>(each.number(), work.call(each.image())))),
        done,
        results);
  }

  private record Numbered<T extends Serializable>(int number, T image) implements Serializable {}

  private void checkAlive(ExecutionException failed) {
    if (spark.sc().isStopped()) {
      throw new IllegalStateException("Spark has ended: " + cause(failed), failed);
    }
  }

  /** What Spark says of a job's last failure, in a line. */
  static String cause(Throwable failed) {
    Throwable root = failed;
    for (Throwable each = failed; each != null; each = each.getCause()) {
      Matcher cause = CAUSE.matcher(String.valueOf(each.getMessage()));
      if (cause.find()) {
        return cause.group(1);
      }
      root = each;
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
  }
}
