package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * NVRTC needs no card; {@code CUDA_PATH} says where it is. What was compiled stays in {@code
 * target/kernels}.
 */
class NvrtcTest {
  private static Nvrtc nvrtc;

  @BeforeAll
  static void find() {
    Libraries libraries =
        new Libraries(
            List.of(), System.getenv(), Platform.isWindows(), 13, NativeLibrary::getInstance);
    try {
      nvrtc = new Nvrtc(libraries.load(Libraries.Family.NVRTC).code());
    } catch (CudaUnavailableException e) {
      Assumptions.abort("skipped: " + e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource({"7, 5, 65536", "8, 0, 166912", "9, 0, 232448"})
  void kernelsCompile(int major, int minor, int sharedBytes) {
    CubinCache cache = new CubinCache(Path.of("target", "kernels"));
    byte[] cubin = cache.get(Kernels.text(), Kernels.options(major, minor, sharedBytes), nvrtc);

    assertThat(cubin).startsWith(0x7f, 'E', 'L', 'F');
  }

  @Test
  void errorCarriesTheLog() {
    assertThatThrownBy(() -> nvrtc.compile("int x = y;", Kernels.options(9, 0, 227 << 10)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("NVRTC " + nvrtc.version() + " cannot compile the kernels")
        .hasMessageContaining("identifier \"y\" is undefined");
  }
}
