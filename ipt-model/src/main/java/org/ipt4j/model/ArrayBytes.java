package org.ipt4j.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.concurrency.AffinityManager;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The memory of arrays, which is where files are read to and written from, without a copy. */
final class ArrayBytes {
  private ArrayBytes() {}

  static boolean isContiguous(INDArray array) {
    return array.isEmpty() || TensorEntry.isContiguous(array.shape(), array.stride());
  }

  /**
   * Elements [first, first + count) of an array without gaps, as its own memory. Valid as long as
   * the array is.
   */
  static ByteBuffer window(INDArray array, long first, int count) {
    int width = array.dataType().width();
    // addressPointer, unlike pointer, begins where a view begins
    BytePointer bytes = new BytePointer(array.data().addressPointer());
    bytes.position(first * width).limit((first + count) * width);
    return bytes.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** Before host memory is read, where a device holds the newest values. */
  static void ensureOnHost(INDArray array) {
    Nd4j.getAffinityManager().ensureLocation(array, AffinityManager.Location.HOST);
  }

  /** After host memory was written, where a device may hold older values. */
  static void writtenOnHost(INDArray array) {
    Nd4j.getAffinityManager().tagLocation(array, AffinityManager.Location.HOST);
  }
}
