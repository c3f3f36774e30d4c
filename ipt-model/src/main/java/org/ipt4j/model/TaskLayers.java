package org.ipt4j.model;

import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.heads.ConvolutionalHead;
import org.ipt4j.tails.UpsamplingTail;

/**
 * Builds the layers that each task has to itself. Unless overridden they are the published ones; a
 * model of other layers is loaded with the {@code TaskLayers} it was created with.
 */
public interface TaskLayers {
  /** The layers of Chen et al. (2021), figure 2. */
  TaskLayers PUBLISHED = new TaskLayers() {};

  /**
   * What makes features of a degraded image: [N,3,H,W] less the mean colour, in 0..rgbRange →
   * [N,C,H,W].
   *
   * @param layout takes the parameters
   * @param name how parameters' names begin
   */
  default Layer head(ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
    return new ConvolutionalHead(layout, name, config.features());
  }

  /**
   * What makes the restored image of features: [N,C,H,W] → [N,3,sH,sW], to which the mean colour
   * or, with an input residual, the enlarged input is added.
   *
   * @param layout takes the parameters
   * @param name how parameters' names begin
   */
  default Layer tail(ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
    return new UpsamplingTail(
        layout, name, config.features(), task.scale(), config.inputResidual());
  }
}
