/**
 * Arrays, parameters and gradients. A {@link org.ipt4j.core.Tape} records operations on {@link
 * org.ipt4j.core.Variable}s; {@link org.ipt4j.core.ParameterLayout} cuts one flat {@link
 * org.ipt4j.core.ParameterVector} into named views; the operations ({@link org.ipt4j.core.Ops},
 * {@link org.ipt4j.core.Attention}, {@link org.ipt4j.core.ConvOps}, {@link
 * org.ipt4j.core.TokenOps}, {@link org.ipt4j.core.Losses}) have forward and backward code side by
 * side. A {@link org.ipt4j.core.Device} has the memory and computes.
 *
 * <p>Shapes are written in the project's letters: N batch, C features, H and W image sides, P patch
 * side, S tokens, D embedding, A attention heads, L layers, s scale, T tasks.
 */
package org.ipt4j.core;
