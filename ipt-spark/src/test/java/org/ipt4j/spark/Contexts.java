package org.ipt4j.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Clusters for tests; nothing listens on another address than 127.0.0.1. */
final class Contexts {
  private static final String UNLIMITED =
      "-Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0";

  private Contexts() {}

  private static SparkConf conf(String master) {
    return new SparkConf()
        .setMaster(master)
        .setAppName("test")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.host", "127.0.0.1")
        .set("spark.driver.bindAddress", "127.0.0.1");
  }

  /** Some threads of this process. */
  static JavaSparkContext local(int threads) {
    return new JavaSparkContext(conf("local[" + threads + "]"));
  }

  /** Executors in processes of their own, on one core each. */
  static JavaSparkContext executors(int count) {
    return new JavaSparkContext(
        conf("local-cluster[" + count + ",1,1024]")
            .set("spark.executor.memory", "512m")
            .set("spark.executor.cores", "1")
            .set("spark.task.cpus", "1")
            .set("spark.task.maxFailures", "2") // an executor takes seconds to begin
            .set("spark.executorEnv.OMP_NUM_THREADS", "1")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .set(
                "spark.executor.extraJavaOptions",
                UNLIMITED + " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"));
  }
}
