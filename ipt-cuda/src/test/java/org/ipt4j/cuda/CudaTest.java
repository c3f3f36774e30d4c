package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CudaTest {
  private static boolean hasDriver() {
    try {
      NativeLibrary.getInstance(Driver.fileName());
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  @Test
  void withoutADriverTheErrorSaysSoEachTime() {
    Assumptions.assumeFalse(hasDriver(), "skipped: there is a driver here");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Cuda.device(CudaSettings.of(Arithmetic.BF16)))
          .isInstanceOf(CudaUnavailableException.class)
          .hasMessage(
              "no NVIDIA driver: expected "
                  + Driver.fileName()
                  + ", found none; install the driver of an NVIDIA card");
    }
  }

  private static CardProperties card(String name, int major, int minor) {
    return new CardProperties(0, name, major, minor, 1, 64 << 10);
  }

  @Test
  void cardsBeforeTuringAreRefused() {
    card("T4", 7, 5).check();
    card("B200", 10, 0).check();
    for (CardProperties old : List.of(card("V100", 7, 0), card("P40", 6, 1), card("X", 6, 9))) {
      assertThatThrownBy(old::check)
          .isInstanceOf(CudaUnavailableException.class)
          .hasMessage(
              "expected a card of compute capability 7.5 or higher (Turing, GeForce 16), found "
                  + old.name()
                  + " with "
                  + old.major()
                  + "."
                  + old.minor());
    }
  }

  @ParameterizedTest
  @EnumSource
  void cardsFromAmpereOnComputeAsTheyAreAsked(Arithmetic arithmetic) {
    assertThat(card("A100", 8, 0).arithmetic(arithmetic)).isEqualTo(arithmetic);
    assertThat(card("B200", 10, 0).arithmetic(arithmetic)).isEqualTo(arithmetic);
  }

  @Test
  void turingComputesInFloat32() {
    CardProperties turing = card("T4", 7, 5);

    assertThat(turing.arithmetic(Arithmetic.FLOAT32)).isEqualTo(Arithmetic.FLOAT32);
    assertThat(turing.arithmetic(Arithmetic.TF32)).isEqualTo(Arithmetic.FLOAT32);
    assertThatThrownBy(() -> turing.arithmetic(Arithmetic.BF16))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessage(
            "expected a card of compute capability 8.0 or higher (Ampere, GeForce 30) for bf16,"
                + " found T4 with 7.5; it computes in float32");
  }

  @Test
  void settingsChangeOneByOne() {
    CudaSettings settings =
        CudaSettings.of(Arithmetic.TF32).onCard(2).searching(Path.of("a"), Path.of("b"));

    assertThat(settings)
        .isEqualTo(new CudaSettings(2, Arithmetic.TF32, List.of(Path.of("a"), Path.of("b"))));
    assertThatThrownBy(() -> settings.onCard(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("card must be 0 or more, not -1");
  }
}
