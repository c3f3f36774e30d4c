package org.ipt4j.cuda;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Which card computes, and how.
 *
 * @param card the card's number, from 0, in the driver's order (which {@code CUDA_VISIBLE_DEVICES}
 *     changes)
 * @param arithmetic what it multiplies with
 * @param folders where NVRTC and cuBLAS are looked for before {@code CUDA_PATH}, {@code CUDA_HOME}
 *     and the system's folders: folders of libraries, a CUDA toolkit, or a Python environment that
 *     holds PyTorch or NVIDIA's wheels
 */
public record CudaSettings(int card, Arithmetic arithmetic, List<Path> folders) {
  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if the card's number is negative
   */
  public CudaSettings {
    if (card < 0) {
      throw new IllegalArgumentException("card must be 0 or more, not " + card);
    }
    Objects.requireNonNull(arithmetic, "arithmetic");
    folders = List.copyOf(folders);
  }

  /** The first card with this arithmetic, libraries from where the system has them. */
  public static CudaSettings of(Arithmetic arithmetic) {
    return new CudaSettings(0, arithmetic, List.of());
  }

  /** The same on another card. */
  public CudaSettings onCard(int card) {
    return new CudaSettings(card, arithmetic, folders);
  }

  /** The same, with libraries looked for in these folders first. */
  public CudaSettings searching(Path... folders) {
    return new CudaSettings(card, arithmetic, List.of(folders));
  }
}
