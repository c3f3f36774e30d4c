package org.ipt4j.core;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.Loader;

/**
 * The kernels that OpenBLAS has chosen, named after the processors they were written for. An
 * OpenBLAS knows only the processors of its time. On newer ones it may fall back to kernels of
 * 2004, which are several times slower.
 *
 * @param core OpenBLAS's name of the processors, such as {@code SkylakeX}
 */
record BlasKernels(String core) {
  /** ND4J's level of a processor with AVX2, and of one with AVX-512. */
  private static final int AVX2 = 2;

  private static final int AVX512 = 3;
  private static final Set<String> OF_AVX512 = Set.of("skylakex", "cooperlake", "sapphirerapids");
  private static final Set<String> OF_AVX2 = Set.of("haswell", "zen", "excavator");

  /** The kernels of the loaded OpenBLAS; empty if OpenBLAS cannot be asked. */
  static Optional<BlasKernels> loaded() {
    try {
      return Optional.ofNullable(Loader.addressof("openblas_get_corename"))
          .map(address -> Function.getFunction(new Pointer(address.address())))
          .map(function -> new BlasKernels(function.invokeString(new Object[0], false)));
    } catch (LinkageError noJna) {
      return Optional.empty();
    }
  }

  /** Whether they multiply small matrices without packing them. */
  boolean haveSmallProducts() {
    return OF_AVX512.contains(key());
  }

  /**
   * Whether they leave a part of an x86-64 processor's vector units unused.
   *
   * @param level ND4J's level of the processor's vector units
   */
  boolean areNarrow(int level) {
    return level >= AVX512 && !OF_AVX512.contains(key())
        || level == AVX2 && !OF_AVX2.contains(key()) && !OF_AVX512.contains(key());
  }

  private String key() {
    return core.toLowerCase(Locale.ROOT);
  }
}
