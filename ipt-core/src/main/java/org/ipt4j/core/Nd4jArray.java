package org.ipt4j.core;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Numbers in ND4J's memory. */
final class Nd4jArray extends Array {
  private final Nd4jDevice device;
  private final INDArray memory; // what this is a view of
  private final Pointer own; // the memory, if ND4J does not free it itself; else null
  private final long offset; // of the first number in the memory
  private final long address; // of the first number, in bytes
  private volatile INDArray array; // null: not yet made, which takes ND4J microseconds

  private Nd4jArray(
      Nd4jDevice device,
      INDArray memory,
      Pointer own,
      long offset,
      long address,
      long[] shape,
      long[] strides) {
    super(shape, strides);
    this.device = device;
    this.memory = memory;
    this.own = own;
    this.offset = offset;
    this.address = address;
  }

  /** All of {@code memory}. */
  static Nd4jArray of(Nd4jDevice device, INDArray memory) {
    return of(device, memory, null);
  }

  /** All of {@code memory}, which lies in {@code own}. */
  static Nd4jArray of(Nd4jDevice device, INDArray memory, Pointer own) {
    long address = memory.data().addressPointer().address();
    return new Nd4jArray(device, memory, own, 0, address, memory.shape(), memory.stride());
  }

  @Override
  public Nd4jDevice device() {
    return device;
  }

  @Override
  public Nd4jArray view(long from, long[] otherShape, long[] otherStrides) {
    return new Nd4jArray(
        device,
        memory,
        own,
        offset + from,
        address + from * device.precision().bytes(),
        otherShape,
        otherStrides);
  }

  /** The array as ND4J's operations take it. */
  INDArray nd() {
    INDArray made = array;
    if (made == null) {
      made = make();
      array = made;
    }
    return made;
  }

  @SuppressForbidden("a view of given memory, no allocation")
  private INDArray make() {
    boolean byColumns = rank() == 2 && stride(0) == 1 && stride(1) == size(0) && size(0) > 1;
    return Nd4j.create(
        memory.data(), shape(), strides(), memory.offset() + offset, byColumns ? 'f' : 'c');
  }

  /** The first number, for floats on the processor. */
  FloatPointer floats() {
    return new Place(address);
  }

  /** The address of the first number. */
  long address() {
    return address;
  }

  /** Frees the whole memory; no view of it may be in use. */
  void free() {
    memory.close();
    if (own != null) {
      own.deallocate();
    }
  }

  /** Memory that something else owns. */
  private static final class Place extends FloatPointer {
    Place(long address) {
      this.address = address;
    }
  }
}
