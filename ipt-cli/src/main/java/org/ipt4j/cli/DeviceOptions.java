package org.ipt4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.ipt4j.core.Device;
import org.ipt4j.core.Precision;
import org.ipt4j.cuda.Arithmetic;
import org.ipt4j.cuda.Cuda;
import org.ipt4j.cuda.CudaSettings;
import org.ipt4j.cuda.CudaUnavailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** What computes, as options. */
final class DeviceOptions {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceOptions.class);

  private enum Kind {
    AUTO,
    CPU,
    CUDA
  }

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "AUTO",
      description =
          "cpu, cuda (an NVIDIA card), or auto: a card if there is one that can be used, else the"
              + " processor (${DEFAULT-VALUE}).")
  private Kind kind;

  @Option(
      names = "--card",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Of several cards, the number of the one to use (${DEFAULT-VALUE}); nothing to the"
              + " processor.")
  private int card;

  @Option(
      names = "--arithmetic",
      paramLabel = "A",
      defaultValue = "TF32",
      description =
          "What a card multiplies with: float32; tf32, which rounds factors to 10 bits; or bf16,"
              + " the fastest, with 7 bits in the transformer and half the memory"
              + " (${DEFAULT-VALUE}). Cards before Ampere have float32 only; the processor always"
              + " computes in it.")
  private Arithmetic arithmetic;

  @Option(
      names = "--cuda-libraries",
      split = ",",
      paramLabel = "DIR",
      description =
          "Where cuBLAS and NVRTC are, if not where the system has them: a folder of theirs, a CUDA"
              + " toolkit, or a Python environment with PyTorch.")
  private List<Path> libraries = List.of();

  /**
   * The device as asked for.
   *
   * @throws CudaUnavailableException if a card was asked for by name and cannot be used
   */
  Device device() {
    return device(Cuda::device);
  }

  /** As {@link #device()}, with such cards. */
  Device device(Function<CudaSettings, Device> cards) {
    if (kind == Kind.CPU) {
      return Device.of(Precision.FLOAT);
    }
    try {
      return cards.apply(new CudaSettings(card, arithmetic, libraries));
    } catch (CudaUnavailableException unfit) {
      if (kind == Kind.CUDA) {
        throw unfit;
      }
      if (!unfit.isForWantOfCard()) {
        LOG.warn("computing on the processor, not on a card: {}", unfit.getMessage());
      }
      return Device.of(Precision.FLOAT);
    }
  }
}
