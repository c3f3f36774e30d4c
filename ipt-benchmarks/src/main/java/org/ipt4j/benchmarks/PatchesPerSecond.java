package org.ipt4j.benchmarks;

import java.util.concurrent.TimeUnit;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.ImageSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How fast one thread makes training patches of 48×48 for each of the paper's tasks. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PatchesPerSecond {
  private static final int BATCH = 32;

  /** The task's name. */
  @Param({"x2", "x3", "x4", "denoise30", "denoise50", "derain"})
  public String task;

  private Patches patches;
  private long step;

  /** Images are decoded once: what is measured is cutting and degrading. */
  @Setup
  public void prepare() {
    ImageSource images = ImageSource.cached(new DeadLeaves(1, 50, 321, 481), 1L << 28);
    patches = new Patches(images, Degradation.parse(task), new PatchOptions(BATCH, 48, 1));
    for (int i = 0; i < 50; i++) {
      patches.batch(i);
    }
  }

  /** One batch. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public PatchBatch batch() {
    return patches.batch(step++);
  }
}
