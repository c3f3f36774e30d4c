package org.ipt4j.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** A task's ONNX file in ONNX Runtime, which takes and leaves numbers outside the Java heap. */
final class OnnxRuntime implements AutoCloseable {
  private static final String INPUT = "degraded";
  private static final String OUTPUT = "restored";

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  OnnxRuntime(Path file, int threads) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      // the shapes it infers must be those the file names
      options.addConfigEntry("session.strict_shape_type_inference", "1");
      session = environment.createSession(file.toString(), options);
    }
  }

  /** degraded [count,3,H,W] → restored [count,3,sH,sW]. */
  float[] restore(float[] degraded, int count) throws OrtException {
    long[] in = withBatch(inputShape(), count);
    long[] out = withBatch(outputShape(), count);
    FloatBuffer pixels = direct(degraded.length).put(degraded).flip();
    float[] restored = new float[(int) (out[0] * out[1] * out[2] * out[3])];
    FloatBuffer numbers = direct(restored.length);
    try (OnnxTensor input = OnnxTensor.createTensor(environment, pixels, in);
        OnnxTensor output = OnnxTensor.createTensor(environment, numbers, out)) {
      session.run(Map.of(INPUT, input), Set.of(), Map.of(OUTPUT, output)).close();
    }
    numbers.get(restored);
    return restored;
  }

  private static FloatBuffer direct(int length) {
    return ByteBuffer.allocateDirect(Float.BYTES * length)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private static long[] withBatch(long[] shape, int count) {
    long[] whole = shape.clone();
    whole[0] = count;
    return whole;
  }

  /** [-1,3,H,W]. */
  long[] inputShape() throws OrtException {
    return ((TensorInfo) session.getInputInfo().get(INPUT).getInfo()).getShape();
  }

  /** [-1,3,sH,sW]. */
  long[] outputShape() throws OrtException {
    return ((TensorInfo) session.getOutputInfo().get(OUTPUT).getInfo()).getShape();
  }

  Map<String, String> metadata() throws OrtException {
    return session.getMetadata().getCustomMetadata();
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
