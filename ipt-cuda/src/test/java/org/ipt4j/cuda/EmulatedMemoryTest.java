package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.ipt4j.core.Device;
import org.ipt4j.core.Initializer;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Linear;
import org.ipt4j.core.Losses;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tapes, threads and the memory of a card. */
class EmulatedMemoryTest {
  private static final long MEGABYTE = 1L << 20;

  private final EmulatedGpu gpu = TestDevices.emulatedGpu(200 * MEGABYTE);
  private final Device device = new CudaDevice(gpu, Arithmetic.FLOAT32);
  private final ParameterLayout.Builder builder = new ParameterLayout.Builder().range("first");
  private final Parameter first = builder.add("w", Initializer.standardNormal(), 6, 6);
  private final Parameter second = builder.range("second").add("v", Initializer.constant(1), 6);
  private final ParameterLayout layout = builder.build();

  private float[] gradients(Device on, boolean recomputing, boolean freezing) {
    ParameterVector values = ParameterVector.initialized(layout, on, 5);
    ParameterVector gradients = ParameterVector.zeros(layout, on);
    try (Tape tape = Tape.training(values, gradients)) {
      if (recomputing) {
        tape.recomputing();
      }
      if (freezing) {
        tape.freeze(layout.range("first"));
      }
      Linear linear = Linear.withoutBias(first);
      Layer layer =
          (t, x) ->
              Ops.add(
                  t,
                  x,
                  Ops.layerNorm(t, linear.forward(t, x), t.parameter(second), t.parameter(second)));
      Variable x = tape.input(numbers(), 0, 4, 6);
      Variable y = tape.sequence(List.of(layer, layer, layer), x);
      tape.backward(Losses.l1(tape, y, tape.input(new float[24], 0, 4, 6)));
    }
    float[] read = new float[(int) layout.length()];
    on.read(gradients.flat(), read, 0);
    double sum = 0;
    for (float number : read) {
      sum += number;
    }
    assertThat(on.sum(gradients.flat())).isCloseTo(sum, within(1e-9));
    return read;
  }

  private static float[] numbers() {
    float[] numbers = new float[24];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) Math.sin(i);
    }
    return numbers;
  }

  @Test
  void recomputingGivesTheSameGradients() {
    assertThat(gradients(device, true, false)).containsExactly(gradients(device, false, false));
  }

  @Test
  void frozenParametersGetNoGradientAndOthersTheSame() {
    float[] all = gradients(device, false, false);
    float[] some = gradients(device, false, true);
    for (int i = 0; i < all.length; i++) {
      assertThat(all[i]).isNotZero();
      assertThat(some[i]).isEqualTo(i < 36 ? 0 : all[i]);
    }
  }

  @Test
  void threadsGetWhatOneThreadGets() throws Exception {
    float[] alone = gradients(device, false, false);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Callable<float[]>> calls = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        calls.add(() -> gradients(device, false, false));
      }
      for (Future<float[]> one : threads.invokeAll(calls)) {
        assertThat(one.get()).containsExactly(alone);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void twoDevicesServeOneThread() {
    Device other = new CudaDevice(TestDevices.emulatedGpu(200 * MEGABYTE), Arithmetic.FLOAT32);
    ParameterVector none =
        ParameterVector.zeros(new ParameterLayout.Builder().range("all").build(), other);
    float[] expected = gradients(device, false, false);
    try (Tape outer = Tape.inference(none)) {
      Variable x = outer.input(new float[] {1, 2}, 0, 1, 2);
      assertThat(gradients(device, false, false)).containsExactly(expected);
      assertThat(other.sum(Ops.scale(outer, x, 2).value())).isEqualTo(6);
    }
  }

  @Test
  void whatATapeTookIsGivenBack() {
    Tape.releaseMemory();
    ParameterVector values = ParameterVector.initialized(layout, device, 5);
    long before = gpu.allocatedBytes();
    try (Tape tape = Tape.inference(values)) {
      tape.array(1000);
      assertThat(gpu.allocatedBytes()).isGreaterThan(before);
    }
    assertThat(gpu.allocatedBytes()).as("kept for the next tape").isGreaterThan(before);
    Tape.releaseMemory();
    assertThat(gpu.allocatedBytes()).isEqualTo(before);
    assertThat(device.sum(values.flat())).isNotNaN();
  }

  @Test
  void whatNobodyRefersToIsFreedWhenMemoryIsFull() {
    assertThatCode(
            () -> {
              for (int i = 0; i < 50; i++) {
                device.fill(device.permanent(10 * MEGABYTE), 1); // 40 of 200 MB each
              }
            })
        .doesNotThrowAnyException();
    assertThat(gpu.allocatedBytes()).isLessThanOrEqualTo(200 * MEGABYTE);
  }

  /** An address alone would not keep the array from being freed before the kernel is queued. */
  @Test
  void kernelsTakeArraysWhoseMemoryIsThere() {
    CudaDevice card = (CudaDevice) device;
    CudaArray x = card.allocate(4);
    int[] blocks = {1};

    assertThatThrownBy(() -> gpu.launch("meanOfTotals", blocks, 256, 0, x.address(), 1, 4L, x))
        .hasMessage("meanOfTotals gets an address; expected the array there");
    gpu.launch("meanOfTotals", blocks, 256, 0, x, 1, 4L, x);
    card.free(x);
    assertThatThrownBy(() -> gpu.launch("meanOfTotals", blocks, 256, 0, x, 1, 4L, x))
        .hasMessageStartingWith("meanOfTotals gets memory that is not allocated: ");
  }

  @Test
  void whereNothingCanBeFreedTheErrorSaysWhatIsMissing() {
    assertThatThrownBy(() -> device.permanent(100 * MEGABYTE))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessage("emulated has no 419,430,400 bytes of 209,715,200");
    assertThat(device.sum(device.filled(1, 3))).as("afterwards").isEqualTo(3);
  }

  /** Were all of a layer normalisation's arrays kept, or did none end early, it would be more. */
  @ParameterizedTest
  @CsvSource({"FLOAT32, 1180000", "TF32, 1120000", "BF16, 920000"})
  void aPassKeepsLittleMoreThanTheWayBackReads(Arithmetic arithmetic, long bytes) {
    Device one = new CudaDevice(TestDevices.emulatedGpu(200 * MEGABYTE), arithmetic);
    Task x2 = new Task("x2", 2);
    IptModel model =
        IptModel.create(IptConfig.preset("nano"), List.of(x2), TaskLayers.PUBLISHED, 1, one);
    int side = model.config().imageSide();
    ParameterVector gradients = ParameterVector.zeros(model.values().layout(), one);
    try (Tape tape = Tape.training(model.values(), gradients)) {
      long first = CudaArray.of(tape.array(1)).address();
      model.forward(tape, x2, tape.input(new float[8 * 3 * side * side], 0, 8, 3, side, side));
      long behind = CudaArray.of(tape.array(MEGABYTE)).address(); // for which no gap has room
      assertThat(behind - first).isLessThan(bytes);
    }
  }
}
