package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StagedMemoryTest {
  private final List<String> freed = new ArrayList<>();
  private final StagedMemory<Named> memory = new StagedMemory<>();

  private final class Named implements StagedMemory.Piece {
    private final String name;
    private final long bytes;

    Named(String name, long bytes) {
      this.name = name;
      this.bytes = bytes;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public void free() {
      freed.add(name);
    }
  }

  private void giveBack(String name, long bytes) {
    memory.giveBack(new Named(name, bytes));
  }

  private String take(long bytes) {
    return memory.take(bytes).map(piece -> piece.name).orElse("none");
  }

  @Test
  void theSmallestThatFitsAndHasBeenIdleLongestIsTaken() {
    giveBack("large", 150);
    giveBack("first", 120);
    giveBack("second", 120);
    giveBack("small", 90);

    assertThat(take(100)).isEqualTo("first");
    assertThat(take(100)).isEqualTo("second");
    assertThat(take(100)).isEqualTo("large");
    assertThat(take(100)).isEqualTo("none");
    assertThat(take(45)).isEqualTo("none");
    assertThat(take(46)).isEqualTo("small");
    assertThat(freed).isEmpty();
  }

  @Test
  void onlyWhatHasBeenIdleLongestIsFreed() {
    giveBack("a", 10);
    giveBack("b", 20);
    giveBack("c", 30);

    assertThat(memory.freeIdle(60)).isFalse();
    assertThat(memory.freeIdle(49)).isTrue();
    assertThat(freed).containsExactly("a", "b");
    assertThat(memory.freeIdle(0)).isTrue();
    assertThat(freed).containsExactly("a", "b", "c");
    assertThat(take(30)).isEqualTo("none");
  }
}
