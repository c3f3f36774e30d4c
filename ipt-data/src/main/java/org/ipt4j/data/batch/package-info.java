/**
 * Pairs of degraded and clean images, and the batches of patches that are cut from them for
 * training.
 */
package org.ipt4j.data.batch;
