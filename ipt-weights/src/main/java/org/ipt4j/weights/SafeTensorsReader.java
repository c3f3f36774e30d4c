package org.ipt4j.weights;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.weights.SafeTensorsHeader.Tensor;

/** Reads the format, and refuses files that break its rules. */
final class SafeTensorsReader {
  private SafeTensorsReader() {}

  /** Whether the file begins with a header length and a header. */
  static boolean mayBe(WeightBytes bytes) throws IOException {
    return bytes.size() > SafeTensors.LENGTH_BYTES
        && bytes.read(SafeTensors.LENGTH_BYTES, 1).get() == '{';
  }

  static TensorFile parse(WeightBytes bytes) throws IOException {
    if (!mayBe(bytes) && PyTorchCheckpoint.mayBe(bytes)) {
      throw bytes.corrupt(
          0, "expected safetensors, got a PyTorch checkpoint, which has to be imported");
    }
    if (bytes.size() < SafeTensors.LENGTH_BYTES) {
      throw bytes.corrupt(0, "expected at least 8 bytes, got " + bytes.size());
    }
    long headerLength = bytes.read(0, SafeTensors.LENGTH_BYTES).getLong();
    if (headerLength < 2 || headerLength > SafeTensors.MAX_HEADER_BYTES) {
      throw bytes.corrupt(
          0,
          "no safetensors: expected a header of 2 to %d bytes, got %s",
          SafeTensors.MAX_HEADER_BYTES,
          Long.toUnsignedString(headerLength));
    }
    long dataStart = SafeTensors.LENGTH_BYTES + headerLength;
    if (dataStart > bytes.size()) {
      throw bytes.corrupt(
          0, "a header of %d bytes does not fit a file of %d", headerLength, bytes.size());
    }
    byte[] headerBytes = bytes.read(SafeTensors.LENGTH_BYTES, (int) headerLength).array();
    if (headerBytes[0] != '{') {
      throw bytes.corrupt(SafeTensors.LENGTH_BYTES, "expected a header that begins with '{'");
    }
    SafeTensorsChecksum.verify(bytes, headerBytes);
    SafeTensorsHeader header = SafeTensorsHeader.parse(bytes, headerBytes);
    checkLayout(bytes, header.tensors(), dataStart);
    Map<String, TensorEntry> entries = new LinkedHashMap<>();
    for (Tensor tensor : header.tensors()) {
      entries.put(
          tensor.name(),
          TensorEntry.contiguous(
              tensor.name(), tensor.type(), tensor.shape(), dataStart + tensor.begin()));
    }
    return new TensorFile(bytes, entries, header.metadata());
  }

  /** The tensors' bytes must fill the file after the header exactly, without overlap. */
  private static void checkLayout(WeightBytes bytes, List<Tensor> tensors, long dataStart)
      throws IOException {
    List<Tensor> byPlace = new ArrayList<>(tensors);
    byPlace.sort(Comparator.comparingLong(Tensor::begin).thenComparingLong(Tensor::end));
    long length = bytes.size() - dataStart;
    long end = 0;
    for (Tensor tensor : byPlace) {
      if (tensor.begin() != end) {
        throw bytes.corrupt(
            dataStart + Math.min(end, length),
            "%s of the tensors' bytes: %s begins at %d, expected %d",
            tensor.begin() < end ? "overlap" : "gap",
            tensor.name(),
            tensor.begin(),
            end);
      }
      end = tensor.end();
    }
    if (end != length) {
      throw bytes.corrupt(bytes.size(), "expected %d bytes of tensors, got %d", end, length);
    }
  }
}
