/**
 * Files of named tensors, without knowledge of networks or array libraries. {@link
 * org.ipt4j.weights.TensorFile} reads safetensors and PyTorch's checkpoints; {@link
 * org.ipt4j.weights.SafeTensors} writes {@link org.ipt4j.weights.Tensor}s. Numbers come and go as
 * Java arrays, row by row (C order: the last dimension fastest). {@link
 * org.ipt4j.weights.AtomicFiles} writes any file whole or not at all.
 */
package org.ipt4j.weights;
