/**
 * A device on NVIDIA cards: the driver, NVRTC and cuBLAS, called through JNA, and kernels of our
 * own.
 */
package org.ipt4j.cuda;
