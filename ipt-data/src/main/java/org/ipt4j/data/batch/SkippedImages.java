package org.ipt4j.data.batch;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Images that could not be used, each logged once. Any thread may add. */
public final class SkippedImages {
  private static final Logger LOG = LoggerFactory.getLogger(SkippedImages.class);

  private final Set<String> reasons = ConcurrentHashMap.newKeySet();

  void add(String reason) {
    if (reasons.add(reason)) {
      LOG.warn("skipped {}", reason);
    }
  }

  /** Their number so far. */
  public int count() {
    return reasons.size();
  }
}
