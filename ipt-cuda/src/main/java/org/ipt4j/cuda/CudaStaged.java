package org.ipt4j.cuda;

import java.util.Arrays;
import java.util.Objects;
import org.ipt4j.core.Array;
import org.ipt4j.core.Staged;

/** Floats that a card fetches beside its work; their arrays are the memory they arrive in. */
final class CudaStaged implements Staged {
  private final CudaDevice device;
  private final Gpu.Upload upload;
  private final int length;

  CudaStaged(CudaDevice device, Gpu.Upload upload, int length) {
    this.device = device;
    this.upload = upload;
    this.length = length;
  }

  @Override
  public Array array(int from, long... shape) {
    long numbers = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    Objects.checkFromIndexSize(from, Math.toIntExact(numbers), length);
    long address = upload.address() + (long) Float.BYTES * from;
    return new CudaArray(device, null, address, Gpu.Type.FLOAT, shape, Array.rowByRow(shape));
  }

  @Override
  public void close() {
    upload.close();
  }
}
