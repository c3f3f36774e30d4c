package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.ipt4j.cuda.Gpu.Matrix;
import org.ipt4j.cuda.Gpu.Product;
import org.ipt4j.cuda.Gpu.Type;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a card does; skipped where there is none. {@code CUDA_PATH} says where the libraries are.
 */
class CardTest {
  private static final int ROWS = 24;
  private static final int INNER = 40;
  private static final int COLUMNS = 32;

  private static Card card;

  private final Random random = new Random(1);

  @BeforeAll
  static void start() {
    try {
      card = CardStart.start(CudaSettings.of(Arithmetic.BF16));
    } catch (CudaUnavailableException e) {
      Assumptions.abort("skipped: " + e.getMessage());
    }
  }

  private float[] numbers(int length) {
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = random.nextFloat() - 0.5f;
    }
    return numbers;
  }

  private static long onCard(float[] numbers) {
    long address = card.allocate(4L * numbers.length);
    card.write(numbers, 0, numbers.length, address);
    return address;
  }

  private static float[] read(long address, int length) {
    float[] numbers = new float[length];
    card.read(address, length, numbers, 0);
    return numbers;
  }

  /** Numbers, of an even count, as the type has them; two of bfloat16 lie in a float's memory. */
  private static long onCard(float[] numbers, Type type) {
    if (type == Type.FLOAT) {
      return onCard(numbers);
    }
    float[] pairs = new float[numbers.length / 2];
    for (int i = 0; i < pairs.length; i++) {
      int both = bf16Bits(numbers[2 * i]) | bf16Bits(numbers[2 * i + 1]) << 16;
      pairs[i] = Float.intBitsToFloat(both);
    }
    return onCard(pairs);
  }

  private static int bf16Bits(float number) {
    int bits = Float.floatToRawIntBits(number);
    return bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
  }

  private static float[] readBf16(long address, int length) {
    float[] pairs = read(address, length / 2);
    float[] numbers = new float[length];
    for (int i = 0; i < length / 2; i++) {
      int bits = Float.floatToRawIntBits(pairs[i]);
      numbers[2 * i] = Float.intBitsToFloat(bits << 16);
      numbers[2 * i + 1] = Float.intBitsToFloat(bits & 0xffff0000);
    }
    return numbers;
  }

  @ParameterizedTest
  @CsvSource({"1", "1000", "4194304", "21000001"})
  void numbersComeBackAsTheyWent(int length) {
    float[] numbers = numbers(length);
    float[] back = new float[length + 2];
    long address = onCard(numbers);
    float[] kept = numbers.clone();
    numbers[length - 1] = 7; // the array is the caller's again

    card.read(address, length, back, 1);

    assertThat(Arrays.copyOfRange(back, 1, length + 1)).isEqualTo(kept);
    assertThat(back[0]).isZero();
    assertThat(back[length + 1]).isZero();
    card.free(address);
  }

  @Test
  void manySmallWritesKeepTheirOrder() {
    long address = card.allocate(4);
    for (int i = 0; i < 20_000; i++) {
      card.write(new float[] {i}, 0, 1, address);
    }
    assertThat(read(address, 1)).containsExactly(19_999);
  }

  @Test
  void otherThreadsMayUseTheCard() throws InterruptedException {
    long x = onCard(new float[] {5});
    float[] seen = new float[1];
    Thread thread = new Thread(() -> card.read(x, 1, seen, 0));
    thread.start();
    thread.join();

    assertThat(seen).containsExactly(5);
  }

  @Test
  void tooMuchMemoryIsAClearError() {
    assertThatThrownBy(() -> card.allocate(1L << 50))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessageContaining("1,125,899,906,842,624 bytes")
        .hasMessageContaining("smaller batch");
    assertThat(read(onCard(new float[] {1}), 1)).containsExactly(1);
  }

  @Test
  void unknownKernelIsNamed() {
    assertThatThrownBy(() -> card.launch("nothing", new int[] {1}, 32, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cuModuleGetFunction of nothing: CUDA_ERROR_NOT_FOUND");
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, false, false, 1",
    "FLOAT32, true, false, 1",
    "FLOAT32, false, true, 3",
    "TF32, true, true, 1",
    "TF32, false, false, 3",
    "BF16, false, true, 1",
    "BF16, true, false, 3"
  })
  void productsAreRight(Arithmetic arithmetic, boolean aByColumns, boolean bByColumns, int count) {
    boolean half = arithmetic == Arithmetic.BF16;
    float[] a = numbers(count * ROWS * INNER);
    float[] b = numbers(count * INNER * COLUMNS);
    float[] out = numbers(count * ROWS * COLUMNS);
    Type type = half ? Type.BF16 : Type.FLOAT;
    long onA = onCard(a, type);
    long onB = onCard(b, type);
    long onOut = onCard(out);

    card.multiply(
        new Product(
            matrix(onA, type, ROWS, INNER, aByColumns),
            matrix(onB, type, INNER, COLUMNS, bByColumns),
            matrix(onOut, Type.FLOAT, ROWS, COLUMNS, false),
            count,
            2,
            0.5f,
            0,
            0,
            false,
            arithmetic));

    float[] expected = new float[out.length];
    for (int i = 0; i < out.length; i++) {
      expected[i] = 2 * sum(a, aByColumns, b, bByColumns, i) + 0.5f * out[i];
    }
    float tolerance = arithmetic == Arithmetic.FLOAT32 ? 2e-6f : half ? 3e-2f : 4e-3f;
    assertThat(read(onOut, out.length)).containsExactly(expected, Offset.offset(tolerance));
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, FLOAT, true", "FLOAT32, FLOAT, false",
    "TF32, FLOAT, true", "TF32, FLOAT, false",
    "BF16, FLOAT, true", "BF16, FLOAT, false",
    "BF16, BF16, true", "BF16, BF16, false"
  })
  void biasResidualAndReluAreFused(Arithmetic arithmetic, Type result, boolean relu) {
    boolean half = arithmetic == Arithmetic.BF16;
    float[] a = numbers(ROWS * INNER);
    float[] b = numbers(INNER * COLUMNS);
    float[] bias = numbers(COLUMNS);
    float[] residual = new float[ROWS * COLUMNS];
    if (result == Type.FLOAT && !relu) {
      residual = numbers(ROWS * COLUMNS);
    }
    Type type = half ? Type.BF16 : Type.FLOAT;
    long onA = onCard(a, type);
    long onB = onCard(b, type);
    long onOut = card.allocate(4L * ROWS * COLUMNS);
    Product product =
        new Product(
            matrix(onA, type, ROWS, INNER, false),
            matrix(onB, type, INNER, COLUMNS, true),
            matrix(onOut, result, ROWS, COLUMNS, false),
            1,
            1,
            0,
            onCard(bias, result),
            result == Type.FLOAT && !relu ? onCard(residual) : 0,
            relu,
            arithmetic);

    assertThat(card.fuses(product)).isTrue();
    card.multiply(product);

    float[] expected = new float[ROWS * COLUMNS];
    for (int i = 0; i < expected.length; i++) {
      float y = sum(a, false, b, true, i) + bias[i % COLUMNS] + residual[i];
      expected[i] = relu ? Math.max(y, 0) : y;
    }
    float tolerance = arithmetic == Arithmetic.FLOAT32 ? 2e-6f : half ? 3e-2f : 4e-3f;
    float[] got =
        result == Type.BF16 ? readBf16(onOut, expected.length) : read(onOut, expected.length);
    assertThat(got).containsExactly(expected, Offset.offset(tolerance));
  }

  private static Matrix matrix(long address, Type type, int rows, int columns, boolean byColumns) {
    int lead = byColumns ? rows : columns;
    return new Matrix(address, type, rows, columns, byColumns, lead, (long) rows * columns);
  }

  /** The number at {@code index} of a batch of products. */
  private static float sum(
      float[] a, boolean aByColumns, float[] b, boolean bByColumns, int index) {
    int batch = index / (ROWS * COLUMNS);
    int row = index / COLUMNS % ROWS;
    int column = index % COLUMNS;
    double sum = 0;
    for (int p = 0; p < INNER; p++) {
      int left = aByColumns ? p * ROWS + row : row * INNER + p;
      int right = bByColumns ? column * INNER + p : p * COLUMNS + column;
      sum += (double) a[batch * ROWS * INNER + left] * b[batch * INNER * COLUMNS + right];
    }
    return (float) sum;
  }
}
