package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelsTest {
  /** A file of kernels that the list lacks would be missed only on a card. */
  @Test
  void everyFileOfKernelsIsListed() throws IOException, URISyntaxException {
    Path folder = Path.of(Kernels.class.getResource("common.cuh").toURI()).getParent();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".cu") || name.endsWith(".cuh")))
          .containsExactlyInAnyOrderElementsOf(Kernels.FILES);
    }
  }

  @Test
  void whatAllShareComesFirst() {
    assertThat(Kernels.FILES.get(0)).isEqualTo("common.cuh");
    assertThat(Kernels.text()).startsWith("#line 1 \"common.cuh\"\n").contains("layerNorm");
  }

  @Test
  void machineCodeIsForTheCard() {
    assertThat(Kernels.options(9, 0, 227 << 10))
        .contains("--gpu-architecture=sm_90", "-DCONVOLUTION_CHANNELS=16");
    assertThat(Kernels.options(12, 0, 99 << 10))
        .contains("--gpu-architecture=sm_120", "-DCONVOLUTION_CHANNELS=16");
    assertThat(Kernels.options(7, 5, 64 << 10))
        .contains("--gpu-architecture=sm_75", "-DCONVOLUTION_CHANNELS=8");
  }
}
