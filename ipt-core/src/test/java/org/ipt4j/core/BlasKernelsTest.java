package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.nd4j.nativeblas.NativeOpsHolder;

class BlasKernelsTest {
  private static final int AVX2 = 2;
  private static final int AVX512 = 3;

  @Test
  void loadedOnesUseAllOfThisProcessorsVectors() {
    assumeTrue(Loader.getPlatform().endsWith("-x86_64") && Blas.isPossible());
    assumeTrue(System.getenv("OPENBLAS_CORETYPE") == null, "the user has chosen");
    int level = NativeOpsHolder.getInstance().getDeviceNativeOps().optimalLevel();
    BlasKernels loaded = BlasKernels.loaded().orElseThrow();
    assertThat(loaded.areNarrow(level)).as("%s at level %d", loaded, level).isFalse();
  }

  @Test
  void fallbacksAreNarrow() {
    for (String fallback : new String[] {"Prescott", "Nehalem", "Generic", "Sandybridge"}) {
      assertThat(new BlasKernels(fallback).areNarrow(AVX2)).isTrue();
      assertThat(new BlasKernels(fallback).areNarrow(AVX512)).isTrue();
    }
    assertThat(new BlasKernels("Zen").areNarrow(AVX512)).isTrue();
    assertThat(new BlasKernels("Zen").areNarrow(AVX2)).isFalse();
    assertThat(new BlasKernels("Prescott").areNarrow(1)).isFalse();
    assertThat(new BlasKernels("Cooperlake").areNarrow(AVX2)).isFalse();
    assertThat(new BlasKernels("SapphireRapids").areNarrow(AVX512)).isFalse();
  }

  @Test
  void thoseOfAvx512HaveSmallProducts() {
    assertThat(new BlasKernels("SkylakeX").haveSmallProducts()).isTrue();
    assertThat(new BlasKernels("Cooperlake").haveSmallProducts()).isTrue();
    assertThat(new BlasKernels("Zen").haveSmallProducts()).isFalse();
    assertThat(new BlasKernels("Haswell").haveSmallProducts()).isFalse();
  }
}
