package org.ipt4j.cuda;

import org.ipt4j.core.Array;
import org.ipt4j.cuda.Gpu.Type;

/** Numbers in a card's memory. */
final class CudaArray extends Array {
  private final CudaDevice device;
  private final CudaMemory memory; // what this is a view of; null: somebody else keeps that
  private final long address; // of the first number
  private final Type type;

  CudaArray(
      CudaDevice device, CudaMemory memory, long address, Type type, long[] shape, long[] strides) {
    super(shape, strides);
    this.device = device;
    this.memory = memory;
    this.address = address;
    this.type = type;
  }

  static CudaArray of(Array x) {
    return (CudaArray) x;
  }

  @Override
  public CudaDevice device() {
    return device;
  }

  /** The address of the first number. */
  long address() {
    return address;
  }

  Type type() {
    return type;
  }

  /** The code of the type, as kernels take it. */
  int code() {
    return type.ordinal();
  }

  CudaMemory memoryItself() {
    return memory;
  }

  @Override
  public CudaArray view(long offset, long[] otherShape, long[] otherStrides) {
    return new CudaArray(
        device, memory, address + offset * type.bytes(), type, otherShape, otherStrides);
  }

  @Override
  protected long memory() {
    return numbersFor(type, length());
  }

  @Override
  protected boolean isAllOf(Array other) {
    return address == of(other).address && memory() == other.length();
  }

  /** How many floats have the memory of {@code length} numbers. */
  static long numbersFor(Type type, long length) {
    return type == Type.FLOAT ? length : (length + 1) / 2;
  }

  @Override
  protected CudaArray over(Array other) {
    return type == Type.FLOAT ? (CudaArray) super.over(other) : of(other).as(type, shape());
  }

  /** The same memory as numbers of another type. */
  CudaArray as(Type other, long... shape) {
    return new CudaArray(device, memory, address, other, shape, rowByRow(shape));
  }
}
