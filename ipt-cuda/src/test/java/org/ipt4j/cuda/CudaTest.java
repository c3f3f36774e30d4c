package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

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

  @Test
  void cardsBeforeAmpereAreRefused() {
    new CardProperties(0, "A100", 8, 0, 1, 1).check();
    new CardProperties(0, "B200", 10, 0, 1, 1).check();
    assertThatThrownBy(() -> new CardProperties(0, "T4", 7, 5, 1, 1).check())
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessage(
            "expected a card of compute capability 8.0 or higher (Ampere, GeForce 30), found T4"
                + " with 7.5");
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
