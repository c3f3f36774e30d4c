package org.ipt4j.cuda;

import java.util.HashMap;
import java.util.Map;
import org.ipt4j.core.Device;

/** Devices that compute on NVIDIA cards. */
public final class Cuda {
  private record Key(int card, Arithmetic arithmetic) {}

  private static final Map<Key, Device> DEVICES = new HashMap<>();
  private static final Map<Integer, Card> CARDS = new HashMap<>();

  private Cuda() {}

  /**
   * The device that these settings describe. A process has one for each card and arithmetic; the
   * folders count for the first that is made.
   *
   * @throws CudaUnavailableException if there is no driver, no such card, the card is too old, or
   *     cuBLAS or NVRTC is missing
   */
  public static synchronized Device device(CudaSettings settings) {
    return DEVICES.computeIfAbsent(
        new Key(settings.card(), settings.arithmetic()),
        key -> device(card(settings), settings.arithmetic()));
  }

  private static Gpu card(CudaSettings settings) {
    return CARDS.computeIfAbsent(settings.card(), number -> CardStart.start(settings));
  }

  private static Device device(Gpu gpu, Arithmetic arithmetic) {
    return new CudaDevice(gpu, arithmetic);
  }
}
