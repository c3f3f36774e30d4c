package org.ipt4j.data.image;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Images that were damaged and could be repaired, each logged once. Any thread may add. */
final class Repairs {
  private static final Logger LOG = LoggerFactory.getLogger(Repairs.class);

  private final Set<String> lines = ConcurrentHashMap.newKeySet();

  void add(String line) {
    if (lines.add(line)) {
      LOG.warn(line);
    }
  }
}
