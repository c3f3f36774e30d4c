/**
 * Training: {@link org.ipt4j.training.Trainer} takes a model through the steps of a {@link
 * org.ipt4j.training.TrainingPlan}, with batches from a {@link org.ipt4j.training.BatchSource}.
 */
package org.ipt4j.training;
