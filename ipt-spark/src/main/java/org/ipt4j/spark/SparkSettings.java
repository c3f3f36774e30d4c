package org.ipt4j.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Begins what a command does on a cluster. */
final class SparkSettings {
  /** Of all commands. */
  static final String HELP =
      "Options of spark-submit stand before the command: ./ipt-cluster --master URL COMMAND.";

  private SparkSettings() {}

  /**
   * The cluster that spark-submit says.
   *
   * @throws IllegalArgumentException if it says none, or settings do not fit
   */
  static JavaSparkContext start(String name) {
    SparkConf conf = new SparkConf().setIfMissing("spark.app.name", name);
    if (!conf.contains("spark.master")) {
      throw new IllegalArgumentException(
          "expected a cluster: --master of spark-submit or ./ipt-cluster; none was given");
    }
    String master = conf.get("spark.master");
    if (master.startsWith("local[") && !master.equals("local[1]")) {
      throw new IllegalArgumentException(
          "in one process an image at a time is computed, on all cores: expected --master local[1],"
              + " got "
              + master);
    }
    ClusterSettings.check(conf);
    return new JavaSparkContext(conf);
  }
}
