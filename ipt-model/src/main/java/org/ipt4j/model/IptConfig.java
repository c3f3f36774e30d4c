package org.ipt4j.model;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.transformer.TransformerConfig;

/**
 * The size and form of a network, without its tasks.
 *
 * @param features C, the features of heads and tails
 * @param imageSide H = W, the side of the degraded images the network takes, divisible by P
 * @param patchSide P, the side of the patch that becomes a token
 * @param attentionHeads A, which divides D = C·P²
 * @param encoderLayers layers of the encoder
 * @param decoderLayers layers of the decoder
 * @param decoderForm what the decoder's second attention attends to
 * @param rgbRange the value of white inside the network; images come and go in 0..255 and are
 *     scaled by rgbRange/255
 * @param inputResidual whether the input (for s &gt; 1: its bicubic enlargement) is added to the
 *     tail's output, so that an untrained network starts at that baseline. The published network
 *     does not do this.
 */
public record IptConfig(
    int features,
    int imageSide,
    int patchSide,
    int attentionHeads,
    int encoderLayers,
    int decoderLayers,
    DecoderForm decoderForm,
    double rgbRange,
    boolean inputResidual) {
  private static final double WHITE = 255;

  private static final Map<String, IptConfig> PRESETS = new LinkedHashMap<>();

  static {
    PRESETS.put("base", new IptConfig(64, 48, 3, 12, 12, 12, DecoderForm.MEMORY, 255, false));
    PRESETS.put("small", new IptConfig(32, 48, 3, 6, 4, 4, DecoderForm.MEMORY, 255, true));
    PRESETS.put("tiny", new IptConfig(12, 48, 4, 4, 2, 2, DecoderForm.MEMORY, 255, true));
    PRESETS.put("nano", new IptConfig(4, 12, 3, 4, 1, 1, DecoderForm.MEMORY, 255, true));
  }

  /** Checks that the sizes fit together. */
  public IptConfig {
    if (features < 1 || patchSide < 1 || imageSide < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "features, image side and patch side are positive, got %d, %d and %d",
              features,
              imageSide,
              patchSide));
    }
    if (imageSide % patchSide != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the image side must be divisible by the patch side, got %d and %d",
              imageSide,
              patchSide));
    }
    if (!(rgbRange > 0 && rgbRange < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the RGB range is positive, got " + rgbRange);
    }
    transformer(
        features, imageSide, patchSide, attentionHeads, encoderLayers, decoderLayers, decoderForm);
  }

  /**
   * The preset of that name: {@code base} as published (115 million parameters), {@code small} and
   * {@code tiny} for ordinary machines, {@code nano} for tests.
   */
  public static IptConfig preset(String name) {
    IptConfig preset = PRESETS.get(name);
    if (preset == null) {
      throw new IllegalArgumentException(
          "unknown configuration " + name + "; known are " + String.join(", ", PRESETS.keySet()));
    }
    return preset;
  }

  /** The factor rgbRange/255 from levels 0..255 to values inside the network. */
  public double level() {
    return rgbRange / WHITE;
  }

  /** The same configuration with another form of the decoder. */
  public IptConfig with(DecoderForm form) {
    return new IptConfig(
        features,
        imageSide,
        patchSide,
        attentionHeads,
        encoderLayers,
        decoderLayers,
        form,
        rgbRange,
        inputResidual);
  }

  /** The configuration of the shared transformer. */
  TransformerConfig transformer() {
    return transformer(
        features, imageSide, patchSide, attentionHeads, encoderLayers, decoderLayers, decoderForm);
  }

  private static TransformerConfig transformer(
      int features,
      int imageSide,
      int patchSide,
      int attentionHeads,
      int encoderLayers,
      int decoderLayers,
      DecoderForm decoderForm) {
    long perSide = imageSide / patchSide;
    return new TransformerConfig(
        size("D = C·P²", (double) features * patchSide * patchSide),
        size("S", (double) perSide * perSide),
        attentionHeads,
        encoderLayers,
        decoderLayers,
        decoderForm);
  }

  private static int size(String what, double size) {
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s is at most %d, got %.0f", what, Integer.MAX_VALUE, size));
    }
    return (int) size;
  }
}
