package org.ipt4j.training;

/** Is told what happens while a model trains, on the training thread. */
@FunctionalInterface
public interface TrainingListener {
  /** A step is done; the model's weights have moved. */
  void stepDone(StepReport report);
}
