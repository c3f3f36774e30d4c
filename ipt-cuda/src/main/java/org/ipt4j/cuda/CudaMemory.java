package org.ipt4j.cuda;

import java.lang.ref.Cleaner;

/** A piece of a card's memory, which is freed when nobody refers to it any more. */
final class CudaMemory {
  private static final Cleaner CLEANER = Cleaner.create();

  private final long address;
  private final Cleaner.Cleanable freeing;

  CudaMemory(Gpu gpu, long bytes) {
    long taken = gpu.allocate(bytes);
    address = taken;
    freeing = CLEANER.register(this, () -> gpu.free(taken));
  }

  long address() {
    return address;
  }

  /** Frees it now. */
  void free() {
    freeing.clean();
  }
}
