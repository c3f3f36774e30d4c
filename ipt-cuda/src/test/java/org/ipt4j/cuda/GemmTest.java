package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.ipt4j.cuda.Gpu.Matrix;
import org.ipt4j.cuda.Gpu.Product;
import org.ipt4j.cuda.Gpu.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Carries out what cuBLAS would be told, on arrays: addresses are indices. */
class GemmTest {
  private static final int ROWS = 3;
  private static final int INNER = 5;
  private static final int COLUMNS = 4;

  private static Matrix matrix(
      long address, Type type, int rows, int columns, boolean byColumns, int extra, long apart) {
    int lead = (byColumns ? rows : columns) + extra;
    return new Matrix(address, type, rows, columns, byColumns, lead, apart);
  }

  private static int index(Matrix x, int matrix, int row, int column) {
    int within = x.byColumns() ? column * x.lead() + row : row * x.lead() + column;
    return (int) (x.address() + matrix * x.apart()) + within;
  }

  private static Product product(Matrix a, Matrix b, Matrix out, int count, Arithmetic arithmetic) {
    return new Product(a, b, out, count, 1, 0, 0, 0, false, arithmetic);
  }

  /** As the documentation of cublasGemmStridedBatchedEx has it. */
  private static void carryOut(Gemm gemm, float[] memory) {
    for (int batch = 0; batch < gemm.count(); batch++) {
      for (int i = 0; i < gemm.m(); i++) {
        for (int j = 0; j < gemm.n(); j++) {
          float sum = 0;
          for (int p = 0; p < gemm.k(); p++) {
            sum +=
                at(gemm.a(), batch, gemm.transposeA(), i, p, memory)
                    * at(gemm.b(), batch, gemm.transposeB(), p, j, memory);
          }
          memory[place(gemm.c(), batch, i, j)] = sum;
        }
      }
    }
  }

  private static float at(
      Gemm.Operand x, int batch, boolean transpose, int row, int column, float[] memory) {
    return memory[transpose ? place(x, batch, column, row) : place(x, batch, row, column)];
  }

  private static int place(Gemm.Operand x, int batch, int row, int column) {
    return (int) (x.address() + batch * x.apart()) + column * x.lead() + row;
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, 1", "false, true, 1", "true, false, 1", "true, true, 1",
    "false, false, 3", "false, true, 3", "true, false, 3", "true, true, 3"
  })
  void productsAreThoseByRows(boolean aByColumns, boolean bByColumns, int count) {
    float[] memory = new float[1000];
    Random random = new Random(1);
    for (int i = 0; i < memory.length; i++) {
      memory[i] = random.nextInt(9) - 4;
    }
    Matrix a = matrix(7, Type.FLOAT, ROWS, INNER, aByColumns, 2, 50);
    Matrix b = matrix(200, Type.FLOAT, INNER, COLUMNS, bByColumns, 1, 60);
    Matrix out = matrix(500, Type.FLOAT, ROWS, COLUMNS, false, 3, 70);
    float[] expected = memory.clone();
    for (int batch = 0; batch < count; batch++) {
      for (int row = 0; row < ROWS; row++) {
        for (int column = 0; column < COLUMNS; column++) {
          float sum = 0;
          for (int p = 0; p < INNER; p++) {
            sum += memory[index(a, batch, row, p)] * memory[index(b, batch, p, column)];
          }
          expected[index(out, batch, row, column)] = sum;
        }
      }
    }

    carryOut(Gemm.of(product(a, b, out, count, Arithmetic.FLOAT32)), memory);

    assertThat(memory).isEqualTo(expected);
  }

  @Test
  void leadOfASingleRowOrColumnIsWhatCuBlasAsks() {
    Matrix a = new Matrix(0, Type.FLOAT, 1, 5, false, 1, 0);
    Matrix b = new Matrix(0, Type.FLOAT, 5, 1, true, 1, 0);
    Matrix out = new Matrix(0, Type.FLOAT, 1, 1, false, 0, 0);

    Gemm gemm = Gemm.of(product(a, b, out, 1, Arithmetic.FLOAT32));

    assertThat(gemm.b().lead()).isEqualTo(5);
    assertThat(gemm.a().lead()).isEqualTo(5);
    assertThat(gemm.c().lead()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT, FLOAT, FLOAT32, 68",
    "FLOAT, FLOAT, TF32, 77",
    "FLOAT, FLOAT, BF16, 77",
    "BF16, BF16, BF16, 68",
    "BF16, FLOAT, BF16, 68"
  })
  void typesDecideHowCuBlasComputes(Type factors, Type result, Arithmetic arithmetic, int type) {
    Matrix a = matrix(0, factors, 2, 2, false, 0, 0);
    Matrix out = matrix(0, result, 2, 2, false, 0, 0);

    Gemm gemm = Gemm.of(product(a, a, out, 1, arithmetic));

    assertThat(gemm.computeType(arithmetic)).isEqualTo(type);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Matrix a = matrix(0, Type.FLOAT, 2, 3, false, 0, 0);
    Matrix narrow = new Matrix(0, Type.FLOAT, 3, 2, false, 1, 0);
    Matrix out = matrix(0, Type.FLOAT, 2, 2, false, 0, 0);
    Matrix half = matrix(0, Type.BF16, 2, 2, false, 0, 0);

    assertThatThrownBy(() -> Gemm.of(product(a, a, out, 1, Arithmetic.TF32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a [2,3] times b [2,3] does not give out [2,2]");
    assertThatThrownBy(() -> Gemm.of(product(a, narrow, out, 1, Arithmetic.TF32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("[3,2] needs a lead of 2 or more, not 1");
    assertThatThrownBy(
            () -> Gemm.of(product(out, out, half, 1, Arithmetic.BF16)).computeType(Arithmetic.BF16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("FLOAT and FLOAT gives BF16");
  }
}
