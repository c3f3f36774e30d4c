package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Pointer;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  @Test
  void eachPointerLeadsToItsArgument() {
    Arguments arguments = new Arguments();
    arguments.pack(1L, 2L, 3L);

    Pointer pointers = new Pointer(arguments.pack(-7, 1L << 40, 0.25f));

    assertThat(pointers.getPointer(0).getInt(0)).isEqualTo(-7);
    assertThat(pointers.getPointer(8).getLong(0)).isEqualTo(1L << 40);
    assertThat(pointers.getPointer(16).getFloat(0)).isEqualTo(0.25f);
  }

  @Test
  void threadsHaveTheirOwn() throws InterruptedException {
    long[] other = new long[1];
    Thread thread = new Thread(() -> other[0] = Arguments.own().pack(1));
    thread.start();
    thread.join();

    assertThat(Arguments.own().pack(2)).isEqualTo(Arguments.own().pack(3)).isNotEqualTo(other[0]);
  }

  @Test
  void whatAKernelCannotTakeIsRefused() {
    Arguments arguments = new Arguments();

    assertThatThrownBy(() -> arguments.pack(1, 2.0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("argument 1 must be an array, Long, Integer or Float, not java.lang.Double");
    assertThatThrownBy(() -> arguments.pack(new Object[65]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a kernel takes at most 64 arguments, not 65");
  }
}
