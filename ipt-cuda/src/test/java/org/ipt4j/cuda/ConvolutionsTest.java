package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicLong;
import org.ipt4j.core.Activation;
import org.ipt4j.core.Array;
import org.ipt4j.core.Variable.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What convolutions ask of cards that differ in the shared memory of a block. */
class ConvolutionsTest {
  private int most; // bytes of shared memory of the launches so far

  /** A card on which nothing happens. */
  private Gpu card(int sharedBytes) {
    AtomicLong free = new AtomicLong(1 << 20);
    return (Gpu)
        Proxy.newProxyInstance(
            Gpu.class.getClassLoader(),
            new Class<?>[] {Gpu.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "sharedBytes" -> sharedBytes;
                  case "name" -> "a card";
                  case "allocate" -> free.getAndAdd((Long) arguments[0] + 255 & -256);
                  case "free" -> null;
                  case "launch" -> {
                    most = Math.max(most, (Integer) arguments[3]);
                    yield null;
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static void convolve(CudaDevice device, long in, long out, long h, long w, long k) {
    Array x = device.array(1, in, h, w);
    Array y = device.array(1, out, h, w);
    Array weights = device.array(out, in, k, k);
    Array bias = device.array(out);
    device.convolution(x, weights, bias, null, Activation.RELU, y);
    Target dx = new Target(x, 0);
    device.convolutionBackward(x, weights, bias, Activation.RELU, y, y, dx, weights, bias);
  }

  /** Of Turing, of GeForce 30 and 40, of A100 and of H100. */
  @ParameterizedTest
  @CsvSource({"65536, FLOAT32", "101376, FLOAT32", "101376, TF32", "166912, TF32", "232448, TF32"})
  void everyLaunchFits(int sharedBytes, Arithmetic arithmetic) {
    CudaDevice device = new CudaDevice(card(sharedBytes), arithmetic);
    int[] channels = {1, 3, 4, 7, 8, 9, 12, 15, 16, 17, 24, 32, 33, 40, 64, 100};
    for (int k : new int[] {1, 3, 5, 7, 9}) {
      for (int in : channels) {
        for (int out : channels) {
          for (int width : new int[] {1, 16, 17, 32, 33, 48, 192}) {
            convolve(device, in, out, 48, width, k);
            assertThat(most)
                .as("%d→%d, %d×%d, width %d", in, out, k, k, width)
                .isLessThanOrEqualTo(sharedBytes);
          }
        }
      }
    }
  }

  @Test
  void kernelsTooLargeForTheCardAreAClearError() {
    CudaDevice device = new CudaDevice(card(64 << 10), Arithmetic.FLOAT32);

    assertThatThrownBy(() -> convolve(device, 8, 8, 48, 48, 15))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a convolution of 15×15 needs 68,928 bytes of shared memory; a card has 65,536");
  }
}
