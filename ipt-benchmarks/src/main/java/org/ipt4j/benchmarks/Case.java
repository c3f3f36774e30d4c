package org.ipt4j.benchmarks;

import java.util.Locale;
import org.ipt4j.model.IptConfig;
import org.ipt4j.transformer.DecoderForm;

/** What is measured: a network, what is done with it, and on how much. All for task ×2. */
enum Case {
  TRAIN_TINY(Work.TRAINING, IptConfig.preset("tiny"), 32),
  TRAIN_SMALL(Work.TRAINING, IptConfig.preset("small"), 16),
  /** The paper's width (D 576, 12 heads) with 2+2 layers. */
  TRAIN_WIDE(Work.TRAINING, new IptConfig(64, 48, 3, 12, 2, 2, DecoderForm.MEMORY, 255, false), 8),
  INFER_TINY(Work.INFERENCE, IptConfig.preset("tiny"), 64),
  INFER_SMALL(Work.INFERENCE, IptConfig.preset("small"), 16),
  INFER_BASE(Work.INFERENCE, IptConfig.preset("base"), 4),
  /** A whole picture by overlapping tiles, {@code batch} of them a pass. */
  PICTURE_SMALL(Work.PICTURE, IptConfig.preset("small"), 16);

  /** What is done. */
  enum Work {
    /** Forward, L1, backward, Adam. */
    TRAINING,
    /** Forward. */
    INFERENCE,
    /** A degraded picture to a restored one. */
    PICTURE
  }

  static final int SCALE = 2;
  static final double RATE = 1e-6;
  static final int PICTURE_SIDE = 512;
  static final int OVERLAP = 6; // what a restorer takes unless told otherwise

  final Work work;
  final IptConfig config;
  final int batch;

  Case(Work work, IptConfig config, int batch) {
    this.work = work;
    this.config = config;
    this.batch = batch;
  }

  /**
   * How far two engines' pixels may lie apart, on 0..255. Through the 24 layers of {@code base}
   * float loses more: this library and PyTorch each lie 3.5e-3 and more from double's.
   */
  double tolerance() {
    return this == INFER_BASE ? 1e-2 : 1e-3;
  }

  int side() {
    return config.imageSide();
  }

  /** D. */
  int embedding() {
    return config.features() * config.patchSide() * config.patchSide();
  }

  /** S. */
  int tokens() {
    int perSide = side() / config.patchSide();
    return perSide * perSide;
  }

  /** Floating-point operations of the network's products and convolutions, at one run. */
  double flop() {
    double d = embedding();
    double s = tokens();
    int encoder = config.encoderLayers();
    int decoder = config.decoderLayers();
    double body =
        (12.0 * encoder + 16.0 * decoder + 9) * s * d * d
            + (encoder + 2.0 * decoder) * 2 * s * s * d;
    double c = config.features();
    double pixels = (double) side() * side();
    double head = pixels * (3 * c * 9 + 4 * c * c * 25);
    double tail = pixels * (c * 4 * c * 9) + 4 * pixels * (c * 3 * 9);
    double forward = 2 * batch * (body + head + tail);
    return work == Work.TRAINING ? 3 * forward : forward; // backward is twice forward
  }

  /** As it is called in the table. */
  String title() {
    String what =
        switch (work) {
          case TRAINING -> "training step";
          case INFERENCE -> "inference";
          case PICTURE ->
              String.format(Locale.ROOT, "picture %d×%d ×%d", PICTURE_SIDE, PICTURE_SIDE, SCALE);
        };
    String size = name().substring(name().indexOf('_') + 1).toLowerCase(Locale.ROOT);
    return work == Work.PICTURE
        ? what + ", `" + size + "`"
        : String.format(Locale.ROOT, "%s, `%s`, batch %d", what, size, batch);
  }
}
