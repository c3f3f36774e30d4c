package org.ipt4j.cuda;

/**
 * What a device asks of a card. Work is queued and done in the order of the calls, on one stream,
 * but {@link #upload uploads} beside it; only what brings numbers back waits. Serves many threads.
 * Addresses are those of the card's memory.
 */
interface Gpu {
  /** The type of numbers in memory. */
  enum Type {
    FLOAT(Float.BYTES),
    BF16(Short.BYTES);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    int bytes() {
      return bytes;
    }
  }

  /**
   * A matrix in memory, or as many as {@link Product#count}.
   *
   * @param rows of the matrix as it enters the product
   * @param byColumns whether neighbours in a column lie side by side; else those in a row do
   * @param lead the distance, in numbers, between neighbours of the other direction
   * @param apart the distance between one matrix of a batch and the next, in numbers
   */
  record Matrix(
      long address, Type type, int rows, int columns, boolean byColumns, int lead, long apart) {}

  /**
   * out = alpha · a·b + beta · out, of {@code count} matrices each; with a bias or a residual, out
   * = a·b + bias + residual, and max(out, 0) if {@code relu}.
   *
   * @param out by rows
   * @param bias of each column, of out's type; 0: none
   * @param residual a matrix that lies as out does and is added; 0: none
   */
  record Product(
      Matrix a,
      Matrix b,
      Matrix out,
      int count,
      float alpha,
      float beta,
      long bias,
      long residual,
      boolean relu,
      Arithmetic arithmetic) {
    /** The same product with a bias, a residual and a ReLU. */
    Product ending(long ownBias, long ownResidual, boolean rectified) {
      return new Product(
          a, b, out, count, alpha, beta, ownBias, ownResidual, rectified, arithmetic);
    }
  }

  /** Numbers on their way to the card. */
  interface Upload extends AutoCloseable {
    /**
     * Where they are for the work queued from here on.
     *
     * @throws IllegalStateException after {@link #close}
     */
    long address();

    /** The memory may serve others after the work queued so far; does nothing the second time. */
    @Override
    void close();
  }

  /** The card's name. */
  String name();

  /** Bytes of shared memory that a block can have. */
  int sharedBytes();

  /** Memory whose content is undefined. */
  long allocate(long bytes);

  /** Frees what {@link #allocate} returned, after the work queued so far. */
  void free(long address);

  /** Copies floats to the card; the array may be changed as soon as this returns. */
  void write(float[] numbers, int from, int length, long to);

  /**
   * Copies floats to memory of their own, beside the queued work; the array may be changed as soon
   * as this returns. Threads do not wait for each other.
   */
  Upload upload(float[] numbers);

  /** Copies floats from the card, after the work queued so far. */
  void read(long from, int length, float[] numbers, int at);

  /** Copies doubles from the card, after the work queued so far. */
  double[] readDoubles(long from, int length);

  /**
   * Queues a kernel.
   *
   * @param blocks along x, y and z: 1 to 3 numbers
   * @param threads of a block
   * @param shared bytes of dynamic shared memory of a block
   * @param arguments as the kernel takes them: {@link CudaArray}s for addresses (null: 0), so that
   *     their memory stays theirs until the kernel is queued; Longs, Integers and Floats
   */
  void launch(String kernel, int[] blocks, int threads, int shared, Object... arguments);

  /**
   * Whether {@link #multiply} takes this product's bias and relu; it takes every product without
   * them.
   */
  boolean fuses(Product product);

  /**
   * Queues a product of matrices.
   *
   * @throws UnsupportedOperationException if it has a bias or relu that cannot be {@link #fuses
   *     fused}
   */
  void multiply(Product product);

  /** Waits until all queued work is done. */
  void synchronize();
}
