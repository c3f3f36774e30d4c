package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class ClusterSettingsTest {
  private static final String UNLIMITED =
      "-Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0";

  private static SparkConf conf(String master) {
    return new SparkConf(false)
        .set("spark.master", master)
        .set("spark.executor.cores", "8")
        .set("spark.task.cpus", "8")
        .set("spark.executorEnv.OMP_NUM_THREADS", "8")
        .set("spark.executor.extraJavaOptions", "-Xshare:auto " + UNLIMITED);
  }

  private static String problem(SparkConf conf) {
    Throwable thrown = catchThrowable(() -> ClusterSettings.check(conf));
    return thrown == null ? "" : thrown.getMessage();
  }

  @Test
  void goodOnesPass() {
    assertThatCode(() -> ClusterSettings.check(conf("spark://host:7077")))
        .doesNotThrowAnyException();
    assertThatCode(
            () -> ClusterSettings.check(new SparkConf(false).set("spark.master", "local[4]")))
        .doesNotThrowAnyException();
  }

  @Test
  void eachSettingIsMissedWithTheLineToAdd() {
    SparkConf none = new SparkConf(false).set("spark.master", "spark://host:7077");
    assertThat(problem(none).lines())
        .containsExactly(
            "Spark's settings do not fit; add",
            "  --conf spark.executor.cores=4  (how many cores an executor has; not set)",
            "  --conf spark.task.cpus=4  (an executor computes one image on all of its cores; not"
                + " set)",
            "  --conf spark.executorEnv.OMP_NUM_THREADS=4  (an executor computes one image on all"
                + " of its cores; not set)",
            "  --conf \"spark.executor.extraJavaOptions="
                + UNLIMITED
                + "\"  (ND4J's memory outside the heap is limited otherwise; not set)");
    assertThat(problem(conf("spark://host:7077").set("spark.task.cpus", "1")))
        .endsWith(
            "  --conf spark.task.cpus=8  (an executor computes one image on all of its cores; got"
                + " 1)");
    assertThat(problem(conf("spark://h:1").set("spark.executor.extraJavaOptions", "-Da=b")))
        .contains("\"spark.executor.extraJavaOptions=-Da=b " + UNLIMITED + "\"");
  }

  @Test
  void containersNeedRoomBesideTheHeap() {
    assertThat(problem(conf("yarn")))
        .endsWith(
            "  --conf spark.executor.memoryOverhead=2g  (ND4J's memory counts beside the heap; not"
                + " set)");
    assertThat(problem(conf("k8s://host").set("spark.executor.memoryOverheadFactor", "0.5")))
        .isEmpty();
  }
}
