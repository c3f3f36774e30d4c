package org.ipt4j.cuda;

import java.lang.ref.Cleaner;

/** A piece of a card's memory, which is freed when nobody refers to it any more. */
final class CudaMemory {
  private static final Cleaner CLEANER = Cleaner.create();

  private static final int COLLECTIONS = 3; // before memory counts as full
  private static final int CLEANING_MILLIS = 100;

  private final long address;
  private final Cleaner.Cleanable freeing;

  CudaMemory(Gpu gpu, long bytes) {
    long taken = allocate(gpu, bytes);
    address = taken;
    freeing = CLEANER.register(this, () -> gpu.free(taken));
  }

  /** Arrays that nobody refers to may still be uncollected, for the heap knows nothing of them. */
  private static long allocate(Gpu gpu, long bytes) {
    for (int attempt = 0; ; attempt++) {
      try {
        return gpu.allocate(bytes);
      } catch (OutOfMemoryError full) {
        if (attempt == COLLECTIONS) {
          throw full;
        }
        collect();
      }
    }
  }

  private static void collect() {
    System.gc();
    boolean interrupted = Thread.interrupted(); // which would end the wait at once
    try {
      Thread.sleep(CLEANING_MILLIS);
    } catch (InterruptedException stop) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  long address() {
    return address;
  }

  /** Frees it now. */
  void free() {
    freeing.clean();
  }
}
