package org.ipt4j.training;

import org.ipt4j.model.Task;

/**
 * What one step did.
 *
 * @param step its number, from 0
 * @param task the task of its batch
 * @param objective the terms of its loss
 * @param loss the mean loss of the restored images in 0..255 ({@link TrainingOptions#loss}); NaN if
 *     it was not part of the objective
 * @param contrastive the contrastive loss before its weight; NaN if it was not part of the
 *     objective
 * @param gradientNorm the global norm of the gradients before clipping
 * @param learningRate the learning rate it moved with
 * @param images images in its batch
 * @param seconds how long it took, waiting for data included
 * @param waited how long of that it waited for data
 */
public record StepReport(
    long step,
    Task task,
    TrainingPlan.Objective objective,
    double loss,
    double contrastive,
    double gradientNorm,
    double learningRate,
    int images,
    double seconds,
    double waited) {}
