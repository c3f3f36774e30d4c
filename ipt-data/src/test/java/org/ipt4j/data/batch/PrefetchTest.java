package org.ipt4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PrefetchTest {
  @Test
  void keepsTheOrderWhenALaterStepIsReadyFirst() {
    CountDownLatch secondIsMade = new CountDownLatch(1);
    try (Prefetch<Long> prefetch =
        new Prefetch<>(
            step -> {
              if (step == 5) {
                await(secondIsMade);
              } else {
                secondIsMade.countDown();
              }
              return step;
            },
            5,
            2,
            2)) {
      assertThat(prefetch.take()).isEqualTo(5);
      assertThat(prefetch.take()).isEqualTo(6);
      assertThat(prefetch.take()).isEqualTo(7);
    }
  }

  @Test
  void makesNoMoreThanSoManyAhead() throws Exception {
    AtomicInteger made = new AtomicInteger();
    try (Prefetch<Integer> prefetch = new Prefetch<>(step -> made.incrementAndGet(), 0, 3, 4)) {
      waitFor(made, 4);
      prefetch.take();
      waitFor(made, 5);
      Thread.sleep(50); // in which nothing more is made
      assertThat(made).hasValue(5);
    }
  }

  private static void waitFor(AtomicInteger counted, int count) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (counted.get() < count && System.nanoTime() < end) {
      Thread.sleep(1);
    }
    assertThat(counted).hasValue(count);
  }

  @Test
  void passesOnWhatMakingThrows() {
    try (Prefetch<Long> prefetch =
        new Prefetch<>(
            step -> {
              if (step == 1) {
                throw new IllegalStateException("step 1 failed");
              }
              return step;
            },
            0,
            2,
            3)) {
      assertThat(prefetch.take()).isZero();
      assertThatThrownBy(prefetch::take).hasMessage("step 1 failed");
      assertThat(prefetch.take()).isEqualTo(2);
    }
  }

  @Test
  void closingStopsTheThreads() throws InterruptedException {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch both = new CountDownLatch(2);
    Prefetch<Long> prefetch =
        new Prefetch<>(
            step -> {
              if (threads.add(Thread.currentThread())) {
                both.countDown();
              }
              if (step > 2) {
                await(new CountDownLatch(1));
              }
              return step;
            },
            0,
            2,
            6);
    prefetch.take();
    await(both);
    prefetch.close();
    for (Thread thread : threads) {
      thread.join(5000); // its work has ended, its last instructions may not
    }
    assertThat(threads).hasSize(2).noneMatch(Thread::isAlive);
    assertThatThrownBy(prefetch::take).hasMessageContaining("closed");
  }

  @Test
  void closingDropsWhatWasMadeAndNotTaken() {
    Set<Long> made = ConcurrentHashMap.newKeySet();
    CountDownLatch first = new CountDownLatch(4);
    CountDownLatch closing = new CountDownLatch(1);
    Prefetch<Long> prefetch =
        new Prefetch<>(
            step -> {
              made.add(step);
              first.countDown();
              if (step > 2) {
                awaitAnyway(closing); // made when nobody takes any more
              }
              return step;
            },
            made::remove,
            0,
            2,
            6);
    await(first);
    assertThat(prefetch.take()).isZero();
    Thread closer = new Thread(prefetch::close);
    closer.start();
    while (closer.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait(); // until it waits for those being made
    }
    closing.countDown();
    awaitEnd(closer);
    assertThat(made).containsExactly(0L); // which its taker ends
  }

  private static void awaitEnd(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitAnyway(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // as code does that cannot stop half-way
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
