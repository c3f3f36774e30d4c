package org.ipt4j.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds a card and all that it needs. */
final class CardStart {
  private static final Logger LOG = LoggerFactory.getLogger(CardStart.class);

  private CardStart() {}

  /**
   * The card that these settings describe, ready to work.
   *
   * @throws CudaUnavailableException if anything is missing or does not start
   */
  static Card start(CudaSettings settings) {
    try {
      return started(settings);
    } catch (CudaUnavailableException unfit) {
      throw unfit;
    } catch (IllegalStateException | UnsatisfiedLinkError | OutOfMemoryError failure) {
      LOG.debug("card {} does not start", settings.card(), failure);
      throw new CudaUnavailableException(
          "card " + settings.card() + " does not start: " + Libraries.firstLine(failure));
    }
  }

  private static Card started(CudaSettings settings) {
    int driver = driver();
    checkNumber(settings.card());
    CardProperties properties = CardProperties.of(settings.card());
    properties.check();
    properties.arithmetic(settings.arithmetic()); // refused before anything is started
    Libraries libraries =
        new Libraries(
            settings.folders(),
            System.getenv(),
            Platform.isWindows(),
            driver / 1000,
            NativeLibrary::getInstance);
    Libraries.Loaded cublas = libraries.load(Libraries.Family.CUBLAS);
    CuBlas.register(cublas.code());
    CuBlasLt.register(libraries.cublasLt(cublas).code());
    StringBuilder compiler = new StringBuilder();
    Card card = new Card(properties, source(libraries, properties, compiler));
    LOG.info(
        "Card {}: {}, compute capability {}.{}, {} GiB; driver for CUDA {}.{}; {}; cuBLAS {} from"
            + " {}",
        settings.card(),
        properties.name(),
        properties.major(),
        properties.minor(),
        Math.round(properties.bytes() / (double) (1 << 30)),
        driver / 1000,
        driver % 1000 / 10,
        compiler,
        card.blasVersion(),
        cublas.from());
    if (!properties.rounds()) {
      LOG.info("{} has no tensor cores for TF32 and computes in float32", properties.name());
    }
    return card;
  }

  /** The CUDA version that the driver serves, such as 13000. */
  private static int driver() {
    if (Native.POINTER_SIZE != 8) {
      throw new CudaUnavailableException("an NVIDIA card needs a 64-bit Java");
    }
    try {
      Driver.load();
    } catch (UnsatisfiedLinkError e) {
      throw CudaUnavailableException.absent(
          "no NVIDIA driver: expected "
              + Driver.fileName()
              + ", found none; install the driver of an NVIDIA card");
    }
    int result = Driver.cuInit(0);
    if (result == Driver.NO_DEVICE) {
      throw CudaUnavailableException.absent("no NVIDIA card: the driver is there but finds none");
    }
    if (result != 0) {
      throw new CudaUnavailableException(
          "the NVIDIA driver does not start: " + Driver.describe(result));
    }
    IntByReference version = new IntByReference();
    Driver.check(Driver.cuDriverGetVersion(version), "cuDriverGetVersion");
    return version.getValue();
  }

  private static void checkNumber(int card) {
    IntByReference count = new IntByReference();
    Driver.check(Driver.cuDeviceGetCount(count), "cuDeviceGetCount");
    if (count.getValue() == 0) {
      throw CudaUnavailableException.absent("no NVIDIA card: the driver is there but finds none");
    }
    if (card >= count.getValue()) {
      throw new CudaUnavailableException(
          "no card " + card + ": found " + count.getValue() + ", numbered from 0");
    }
  }

  /** Kernels compiled now by NVRTC, or before. */
  private static Kernels.Source source(
      Libraries libraries, CardProperties properties, StringBuilder compiler) {
    CubinCache cache = CubinCache.ofUser(System.getenv(), Platform.isWindows());
    List<String> options =
        Kernels.options(properties.major(), properties.minor(), properties.sharedBytes());
    try {
      Libraries.Loaded loaded = libraries.load(Libraries.Family.NVRTC);
      Nvrtc nvrtc = new Nvrtc(loaded.code());
      compiler.append("NVRTC ").append(nvrtc.version()).append(" from ").append(loaded.from());
      return (text, definitions) -> cache.get(text, joined(options, definitions), nvrtc);
    } catch (CudaUnavailableException missing) {
      if (cache.get(Kernels.textOf(List.of()), options, null) == null) {
        throw missing; // before anything is started
      }
      compiler.append("kernels compiled before, no NVRTC");
      return (text, definitions) -> {
        byte[] cubin = cache.get(text, joined(options, definitions), null);
        if (cubin == null) {
          throw missing;
        }
        return cubin;
      };
    }
  }

  private static List<String> joined(List<String> options, List<String> definitions) {
    List<String> all = new ArrayList<>(options);
    all.addAll(definitions);
    return all;
  }
}
