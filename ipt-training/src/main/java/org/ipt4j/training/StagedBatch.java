package org.ipt4j.training;

import org.ipt4j.core.Device;
import org.ipt4j.core.Staged;
import org.ipt4j.data.batch.PatchBatch;

/**
 * A batch whose patches are on their way to the device.
 *
 * @param patches what they are
 * @param degraded its degraded patches
 * @param clean its clean patches
 */
record StagedBatch(PatchBatch patches, Staged degraded, Staged clean) implements AutoCloseable {
  static StagedBatch of(PatchBatch patches, Device device) {
    Staged degraded = device.stage(patches.degraded());
    try {
      return new StagedBatch(patches, degraded, device.stage(patches.clean()));
    } catch (RuntimeException | Error failure) {
      degraded.close();
      throw failure;
    }
  }

  /** N, the number of patches. */
  int count() {
    return patches.count();
  }

  @Override
  public void close() {
    degraded.close();
    clean.close();
  }
}
