/**
 * Files of named tensors, which know no network and no array library. {@link
 * org.ipt4j.weights.TensorFile} reads safetensors and PyTorch's checkpoints, {@link
 * org.ipt4j.weights.SafeTensors} writes {@link org.ipt4j.weights.Tensor}s; numbers cross the border
 * as Java arrays, row by row (C order: the last dimension fastest). {@link
 * org.ipt4j.weights.AtomicFiles} writes files whole or not at all, whatever is in them.
 */
package org.ipt4j.weights;
