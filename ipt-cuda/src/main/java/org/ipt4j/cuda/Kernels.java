package org.ipt4j.cuda;

import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The kernels' text, and what it is on a card. */
final class Kernels {
  private static final String SHARED = "common.cuh";
  private static final String ATTENTION = "attention.cu";

  /** What all share, and a file for each topic. */
  static final List<String> FILES =
      List.of(SHARED, "elementwise.cu", "norms.cu", "reductions.cu", ATTENTION, "convolution.cu");

  /** Where machine code comes from. */
  @FunctionalInterface
  interface Source {
    /** The machine code of a text, compiled with these definitions. */
    byte[] cubin(String text, List<String> definitions);
  }

  /** What a launch may ask for without saying so before. */
  private static final int SHARED_BYTES = 48 << 10;

  /** A kernel; the shared memory of its own and what a launch may ask for on top. */
  private static final class Function {
    final long handle;
    volatile int dynamicBytes;

    Function(long handle, int dynamicBytes) {
      this.handle = handle;
      this.dynamicBytes = dynamicBytes;
    }
  }

  private final Source source;
  private final ConcurrentMap<List<String>, Long> modules = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Function> functions = new ConcurrentHashMap<>();

  /** Compiles what every network needs; the card's context is current. */
  Kernels(Source source) {
    this.source = source;
    module(List.of());
  }

  /** The text of all kernels. */
  static String text() {
    return text(FILES);
  }

  /** The text of the kernels that are compiled with these definitions. */
  static String textOf(List<String> definitions) {
    if (!definitions.isEmpty()) {
      return text(List.of(SHARED, ATTENTION));
    }
    List<String> files = new ArrayList<>(FILES);
    files.remove(ATTENTION);
    return text(files);
  }

  private static String text(List<String> files) {
    StringBuilder text = new StringBuilder();
    for (String file : files) {
      text.append("#line 1 \"").append(file).append("\"\n").append(read(file)).append('\n');
    }
    return text.toString();
  }

  /** The compiler's options for a card's compute capability and a block's shared memory. */
  static List<String> options(int major, int minor, int sharedBytes) {
    return List.of(
        "--gpu-architecture=sm_" + major + minor,
        "--std=c++17",
        Convolutions.definition(sharedBytes));
  }

  private static String read(String file) {
    try (InputStream in = Kernels.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("no kernels " + file + " beside " + Kernels.class);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The handle of a kernel that is about to be launched with so much dynamic shared memory. */
  long function(String kernel, int shared) {
    Function function = functions.get(kernel);
    if (function == null) {
      function = functions.computeIfAbsent(kernel, this::find);
    }
    if (shared > function.dynamicBytes) {
      allow(function, kernel, shared);
    }
    return function.handle;
  }

  /**
   * What a kernel is compiled with. Attention is compiled for a form and a width when they are
   * first met: all of them take a minute.
   */
  static List<String> definitions(String kernel) {
    String[] parts = kernel.split("_");
    return kernel.startsWith("attention")
        ? List.of("-DATTENTION_FORM=" + parts[1], "-DATTENTION_WIDTH=" + parts[2])
        : List.of();
  }

  private long module(List<String> definitions) {
    return modules.computeIfAbsent(
        definitions,
        some -> {
          LongByReference handle = new LongByReference();
          byte[] cubin = source.cubin(textOf(some), some);
          Driver.check(Driver.cuModuleLoadData(handle, cubin), "cuModuleLoadData of the kernels");
          return handle.getValue();
        });
  }

  private Function find(String kernel) {
    LongByReference handle = new LongByReference();
    Driver.check(
        Driver.cuModuleGetFunction(handle, module(definitions(kernel)), kernel),
        "cuModuleGetFunction of " + kernel);
    IntByReference own = new IntByReference();
    Driver.check(
        Driver.cuFuncGetAttribute(own, Driver.FUNCTION_SHARED_BYTES, handle.getValue()),
        "cuFuncGetAttribute of " + kernel);
    return new Function(handle.getValue(), SHARED_BYTES - own.getValue());
  }

  private static void allow(Function function, String kernel, int shared) {
    synchronized (function) {
      if (shared > function.dynamicBytes) {
        Driver.check(
            Driver.cuFuncSetAttribute(
                function.handle, Driver.FUNCTION_MAX_DYNAMIC_SHARED_BYTES, shared),
            shared + " bytes of shared memory for " + kernel);
        function.dynamicBytes = shared;
      }
    }
  }
}
