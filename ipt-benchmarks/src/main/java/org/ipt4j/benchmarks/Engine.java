package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;

/** What runs the network. */
enum Engine {
  /** This library. */
  OURS,
  /** libtorch through DJL. */
  PYTORCH,
  /** ND4J's own automatic differentiation. */
  SAMEDIFF;

  Subject prepare(Case of, Path folder) throws IOException {
    return switch (this) {
      case OURS -> new OwnSubject(of, folder);
      case PYTORCH -> new TorchSubject(of, folder);
      case SAMEDIFF -> new SameDiffSubject(of, folder);
    };
  }

  /** SameDiff, the slowest and largest, is measured once, and on batches only. */
  boolean runs(Case of, int round) {
    return this != SAMEDIFF || (of.work != Case.Work.PICTURE && round == 0);
  }
}
