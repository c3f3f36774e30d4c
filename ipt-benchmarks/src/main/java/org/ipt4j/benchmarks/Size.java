package org.ipt4j.benchmarks;

import org.ipt4j.model.IptConfig;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.transformer.TransformerConfig;

/** What is measured: a network and a batch. */
enum Size {
  /** The preset {@code tiny}, batch 32. */
  TINY(IptConfig.preset("tiny"), 32),
  /** The paper's width, with 2+2 layers, batch 8. */
  WIDE(new IptConfig(64, 48, 3, 12, 2, 2, DecoderForm.MEMORY, 255, false), 8);

  final IptConfig config;
  final int batch;

  Size(IptConfig config, int batch) {
    this.config = config;
    this.batch = batch;
  }

  TransformerConfig transformer() {
    int perSide = config.imageSide() / config.patchSide();
    return new TransformerConfig(
        config.features() * config.patchSide() * config.patchSide(),
        perSide * perSide,
        config.attentionHeads(),
        config.encoderLayers(),
        config.decoderLayers(),
        config.decoderForm());
  }

  /** Floating-point operations of the body, forward and backward. */
  double bodyFlop() {
    TransformerConfig t = transformer();
    double projections = 12.0 * t.encoderLayers() + 16.0 * t.decoderLayers() + 9;
    double attentions = t.encoderLayers() + 2.0 * t.decoderLayers();
    double d = t.embedding();
    double s = t.tokens();
    double multiplyAdds = batch * (projections * s * d * d + attentions * 2 * s * s * d);
    return 3 * 2 * multiplyAdds; // backward is twice forward
  }
}
