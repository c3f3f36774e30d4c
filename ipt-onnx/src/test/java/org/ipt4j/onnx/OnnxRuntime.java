package org.ipt4j.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** A file in ONNX Runtime, which did not make it. */
final class OnnxRuntime implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  OnnxRuntime(Path file) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(2);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      // shapes that its inference finds must be those the file names
      options.addConfigEntry("session.strict_shape_type_inference", "1");
      session = environment.createSession(file.toString(), options);
    }
  }

  float[] restore(float[] degraded, int count, int side) throws OrtException {
    long[] shape = {count, 3, side, side};
    try (OnnxTensor input =
            OnnxTensor.createTensor(environment, FloatBuffer.wrap(degraded), shape);
        OrtSession.Result result = session.run(Map.of("degraded", input))) {
      OnnxTensor output = (OnnxTensor) result.get("restored").orElseThrow();
      float[] restored = new float[output.getFloatBuffer().remaining()];
      output.getFloatBuffer().get(restored);
      return restored;
    }
  }

  long[] inputShape() throws OrtException {
    return ((TensorInfo) session.getInputInfo().get("degraded").getInfo()).getShape();
  }

  long[] outputShape() throws OrtException {
    return ((TensorInfo) session.getOutputInfo().get("restored").getInfo()).getShape();
  }

  Map<String, String> metadata() throws OrtException {
    return session.getMetadata().getCustomMetadata();
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
