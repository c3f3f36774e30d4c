package org.ipt4j.benchmarks;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicLong;
import org.ipt4j.core.Device;
import org.ipt4j.core.Precision;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.factory.DataBufferFactory;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Counts the native memory that ND4J's arrays take outside the arenas: every buffer the factory
 * makes that is attached to no workspace and is no view.
 */
final class Allocations {
  private static final AtomicLong BYTES = new AtomicLong();

  private Allocations() {}

  /** Puts itself between ND4J and its buffer factory. */
  static void count() throws ReflectiveOperationException {
    Device.of(Precision.FLOAT); // starts ND4J as the library does
    DataBufferFactory factory = Nd4j.getDataBufferFactory();
    InvocationHandler counting =
        (proxy, method, arguments) -> {
          Object made;
          try {
            made = method.invoke(factory, arguments);
          } catch (InvocationTargetException failure) {
            throw failure.getCause();
          }
          if (made instanceof DataBuffer buffer && !buffer.isAttached() && !isView(buffer)) {
            BYTES.addAndGet(buffer.length() * buffer.getElementSize());
          }
          return made;
        };
    Field current = Nd4j.class.getDeclaredField("DATA_BUFFER_FACTORY_INSTANCE");
    current.setAccessible(true);
    current.set(
        null,
        Proxy.newProxyInstance(
            Allocations.class.getClassLoader(),
            new Class<?>[] {DataBufferFactory.class},
            counting));
  }

  private static boolean isView(DataBuffer buffer) {
    return buffer.originalDataBuffer() != null;
  }

  /** Bytes so far, on all threads. */
  static long bytes() {
    return BYTES.get();
  }
}
