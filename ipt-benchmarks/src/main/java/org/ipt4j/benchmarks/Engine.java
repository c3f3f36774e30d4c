package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;

/** What runs the network. */
enum Engine {
  /** This library. */
  OURS,
  /** libtorch through DJL. */
  PYTORCH,
  /** ONNX Runtime, which does not train. */
  ONNX_RUNTIME,
  /** ND4J's own automatic differentiation. */
  SAMEDIFF;

  Subject prepare(Case of, Path folder) throws IOException {
    return switch (this) {
      case OURS -> new OwnSubject(of, folder);
      case PYTORCH -> new TorchSubject(of, folder);
      case ONNX_RUNTIME -> new OnnxSubject(of, folder);
      case SAMEDIFF -> new SameDiffSubject(of, folder);
    };
  }

  /** Whether its arrays are ND4J's. */
  boolean isOfNd4j() {
    return this == OURS || this == SAMEDIFF;
  }

  /** SameDiff, the slowest and largest, is measured once, and on batches only. */
  boolean runs(Case of, int round) {
    return switch (this) {
      case OURS, PYTORCH -> true;
      case ONNX_RUNTIME -> of.work != Case.Work.TRAINING;
      case SAMEDIFF -> of.work != Case.Work.PICTURE && round == 0;
    };
  }
}
