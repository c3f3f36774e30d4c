package org.ipt4j.model;

import org.ipt4j.core.Variable;

/**
 * The output of one pass. It lives as long as its tape.
 *
 * @param features the head's features [N,C,H,W]
 * @param tokens the body's output before folding [N,S,D], which the contrastive loss compares
 * @param restored the restored images [N,3,sH,sW] in 0..rgbRange, not clipped
 */
public record IptOutput(Variable features, Variable tokens, Variable restored) {}
