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
   * folders count for the first that is made. A card without tensor cores for TF32, of a compute
   * capability below 8.0, computes in float32 instead.
   *
   * @throws CudaUnavailableException if there is no driver, no such card, the card is too old, at
   *     all or for bfloat16, or cuBLAS or NVRTC is missing
   */
  public static synchronized Device device(CudaSettings settings) {
    Card card = CARDS.computeIfAbsent(settings.card(), number -> CardStart.start(settings));
    Arithmetic arithmetic = card.properties().arithmetic(settings.arithmetic());
    return DEVICES.computeIfAbsent(
        new Key(settings.card(), arithmetic), key -> new CudaDevice(card, arithmetic));
  }
}
