package org.ipt4j.spark;

import java.util.List;
import java.util.Map;

/**
 * What became of all images.
 *
 * @param counts of each status
 * @param failures those without a result
 * @param outcomes the folder that says so of each image that was at work, as JSON lines
 */
public record RestoreReport(
    Map<Outcome.Status, Integer> counts, List<Outcome> failures, String outcomes) {}
