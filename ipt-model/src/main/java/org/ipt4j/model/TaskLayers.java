package org.ipt4j.model;

import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.heads.ConvolutionalHead;
import org.ipt4j.tails.UpsamplingTail;

/**
 * Builds the layers that each task has for itself; unless overridden, the published ones. A model
 * with other layers must be loaded with the {@code TaskLayers} it was created with ({@link
 * ModelFile#load(java.nio.file.Path, TaskLayers)}). Each call makes new layers: those of one model
 * do not serve another.
 */
public interface TaskLayers {
  /** The layers of Chen et al. (2021), figure 2. */
  TaskLayers PUBLISHED = new TaskLayers() {};

  /**
   * The head, which turns a degraded image into features: [N,3,H,W] minus the mean colour, in
   * 0..rgbRange → [N,C,H,W].
   *
   * @param layout receives the parameters
   * @param name the prefix of the parameters' names
   */
  default Layer head(ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
    return new ConvolutionalHead(layout, name, config.features());
  }

  /**
   * The tail, which turns features into the restored image: [N,C,H,W] → [N,3,sH,sW]. The mean
   * colour or, with an input residual, the enlarged input is added to its output.
   *
   * @param layout receives the parameters
   * @param name the prefix of the parameters' names
   */
  default Layer tail(ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
    return new UpsamplingTail(
        layout, name, config.features(), task.scale(), config.inputResidual());
  }
}
