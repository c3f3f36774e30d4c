package org.ipt4j.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/**
 * Refuses settings of Spark's under which executors would compute slowly, or be killed, without
 * saying why.
 */
public final class ClusterSettings {
  private static final String CORES = "spark.executor.cores";
  private static final String JAVA_OPTIONS = "spark.executor.extraJavaOptions";
  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  private static final List<String> UNLIMITED =
      List.of("-Dorg.bytedeco.javacpp.maxbytes=0", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");

  private ClusterSettings() {}

  /**
   * Checks that an executor takes one image, or one shard, at a time, and computes it on all of its
   * cores and no more; and that ND4J's arrays, which lie outside the Java heap, have room. Where
   * there are no executors ({@code local[…]}) there is nothing to check.
   *
   * @throws IllegalArgumentException with the lines to add
   */
  public static void check(SparkConf conf) {
    String master = conf.get("spark.master", "");
    if (master.equals("local") || master.startsWith("local[")) {
      return;
    }
    List<String> wrong = new ArrayList<>();
    String cores = conf.get(CORES, "");
    if (!cores.matches("[1-9]\\d*")) {
      wrong.add(line(CORES, "4", cores, "how many cores an executor has"));
      cores = "4";
    }
    for (String name : List.of("spark.task.cpus", "spark.executorEnv.OMP_NUM_THREADS")) {
      String found = conf.get(name, "");
      if (!found.equals(cores)) {
        wrong.add(line(name, cores, found, "an executor computes one image on all of its cores"));
      }
    }
    String options = conf.get(JAVA_OPTIONS, "");
    if (!Stream.of(options.split("\\s+")).toList().containsAll(UNLIMITED)) {
      String all = (options + " " + String.join(" ", UNLIMITED)).strip();
      wrong.add(
          line(JAVA_OPTIONS, all, options, "ND4J's memory outside the heap is limited otherwise"));
    }
    boolean limited = master.startsWith("yarn") || master.startsWith("k8s:");
    if (limited && !conf.contains(OVERHEAD) && !conf.contains(OVERHEAD + "Factor")) {
      wrong.add(line(OVERHEAD, "2g", "", "ND4J's memory counts beside the heap"));
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          "Spark's settings do not fit; add\n" + String.join("\n", wrong));
    }
  }

  private static String line(String name, String expected, String got, String why) {
    String value =
        expected.contains(" ") ? "\"" + name + "=" + expected + "\"" : name + "=" + expected;
    return String.format(
        Locale.ROOT, "  --conf %s  (%s; %s)", value, why, got.isEmpty() ? "not set" : "got " + got);
  }
}
