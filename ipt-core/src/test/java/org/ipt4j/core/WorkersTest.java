package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

class WorkersTest {
  @Test
  void runsEachTaskOnce() {
    AtomicIntegerArray runs = new AtomicIntegerArray(100);
    Workers.run(100, runs::incrementAndGet);
    for (int i = 0; i < runs.length(); i++) {
      assertThat(runs.get(i)).isEqualTo(1);
    }
  }

  @Test
  void runsAsManyTasksSideBySideAsItSays() {
    int count = Workers.count();
    CountDownLatch all = new CountDownLatch(count);
    Workers.run(
        count,
        i -> {
          all.countDown();
          try {
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void dividesProcessorsAmongTasksAndGivesThemBack() {
    int count = Workers.count();
    assumeTrue(count > 1, "one processor");
    int threads = nativeThreads();
    Set<Integer> inside = ConcurrentHashMap.newKeySet();
    Workers.run(
        count,
        i -> {
          inside.add(Workers.count());
          inside.add(nativeThreads());
        });
    assertThat(inside).containsExactly(1);
    assertThat(Workers.count()).isEqualTo(count);
    assertThat(nativeThreads()).isEqualTo(threads);
  }

  @Test
  void limitsAllThatComputes() {
    int before = Workers.all();
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    Set<Integer> inside = ConcurrentHashMap.newKeySet();
    try {
      Workers.limit(1);
      Workers.run(
          10,
          i -> {
            threads.add(Thread.currentThread());
            inside.add(Workers.count());
            inside.add(nativeThreads());
            inside.add(Nd4j.factory().blas().getMaxThreads());
          });
    } finally {
      Workers.limit(before);
    }
    assertThat(threads).containsExactly(Thread.currentThread());
    assertThat(inside).containsExactly(1);
    Workers.run(1, i -> inside.add(nativeThreads()));
    assertThat(inside).contains(before);
  }

  @Test
  void limitIsANumberOfProcessors() {
    int processors = Runtime.getRuntime().availableProcessors();
    for (int threads : new int[] {0, processors + 1}) {
      assertThatThrownBy(() -> Workers.limit(threads))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 to " + processors + " threads")
          .hasMessageEndingWith("got " + threads);
    }
  }

  @Test
  void throwsWhatATaskThrowsAfterAllHaveEnded() {
    AtomicInteger running = new AtomicInteger();
    assertThatThrownBy(
            () ->
                Workers.run(
                    10,
                    i -> {
                      running.incrementAndGet();
                      try {
                        if (i == 1) {
                          throw new IllegalArgumentException("task 1");
                        }
                      } finally {
                        running.decrementAndGet();
                      }
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("task 1");
    assertThat(running).hasValue(0);
  }

  @Test
  void othersBeginWhileTheCallerGoesOn() throws InterruptedException {
    assumeTrue(Workers.count() > 1, "one processor");
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    AtomicIntegerArray runs = new AtomicIntegerArray(3);
    Workers.Begun first =
        Workers.begin(
            3,
            3,
            (share, from, end) -> {
              runs.incrementAndGet(share);
              threads.add(Thread.currentThread());
              begun.countDown();
              try {
                goOn.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    assertThat(begun.await(20, TimeUnit.SECONDS)).as("without the caller").isTrue();
    assertThat(threads).doesNotContain(Thread.currentThread());
    AtomicInteger second = new AtomicInteger();
    Workers.Begun later = Workers.begin(2, 2, (share, from, end) -> second.incrementAndGet());
    goOn.countDown();
    first.finish();
    later.finish();
    for (int i = 0; i < runs.length(); i++) {
      assertThat(runs.get(i)).isEqualTo(1);
    }
    assertThat(second).hasValue(2);
  }

  @Test
  void oneThreadBeginsNothing() {
    int before = Workers.all();
    AtomicInteger runs = new AtomicInteger();
    try {
      Workers.limit(1);
      Workers.Begun begun = Workers.begin(4, 4, (share, from, end) -> runs.incrementAndGet());
      assertThat(runs).hasValue(0);
      begun.finish();
    } finally {
      Workers.limit(before);
    }
    assertThat(runs).hasValue(4);
  }

  @Test
  void whatIsAbandonedIsSkipped() {
    int before = Workers.all();
    AtomicInteger runs = new AtomicInteger();
    try {
      Workers.limit(1);
      Workers.Begun begun = Workers.begin(4, 4, (share, from, end) -> runs.incrementAndGet());
      begun.abandon();
      assertThatThrownBy(begun::finish).isInstanceOf(CancellationException.class);
    } finally {
      Workers.limit(before);
    }
    assertThat(runs).hasValue(0);
  }

  private static int nativeThreads() {
    return NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
  }
}
