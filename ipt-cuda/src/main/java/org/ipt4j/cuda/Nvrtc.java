package org.ipt4j.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** NVIDIA's compiler at run time. */
final class Nvrtc implements CubinCache.Compiler {
  private static boolean registered;

  private final int major;
  private final String version;

  /** The library; the first that is given serves the process. */
  Nvrtc(NativeLibrary library) {
    register(library);
    IntByReference first = new IntByReference();
    IntByReference second = new IntByReference();
    check(nvrtcVersion(first, second), "nvrtcVersion");
    major = first.getValue();
    version = major + "." + second.getValue();
  }

  private static synchronized void register(NativeLibrary library) {
    if (!registered) {
      Native.register(Nvrtc.class, library);
      registered = true;
    }
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public byte[] compile(String text, List<String> options) {
    LongByReference program = new LongByReference();
    check(
        nvrtcCreateProgram(program, terminated(text), terminated("ipt4j.cu"), 0, 0, 0),
        "nvrtcCreateProgram");
    try {
      int result = compile(program.getValue(), withThreads(options));
      if (result != 0) {
        throw new IllegalStateException(
            "NVRTC "
                + version
                + " cannot compile the kernels with "
                + String.join(" ", options)
                + ": "
                + nvrtcGetErrorString(result)
                + System.lineSeparator()
                + log(program.getValue()));
      }
      LongByReference size = new LongByReference();
      check(nvrtcGetCUBINSize(program.getValue(), size), "nvrtcGetCUBINSize");
      byte[] cubin = new byte[Math.toIntExact(size.getValue())];
      check(nvrtcGetCUBIN(program.getValue(), cubin), "nvrtcGetCUBIN");
      return cubin;
    } finally {
      nvrtcDestroyProgram(program);
    }
  }

  /** With as many threads as there are processors, where that is possible. */
  private List<String> withThreads(List<String> options) {
    if (major < 13) {
      return options;
    }
    return Stream.concat(options.stream(), Stream.of("--split-compile=0")).toList();
  }

  private static int compile(long program, List<String> options) {
    Memory[] texts = new Memory[options.size()];
    try (Memory pointers = new Memory(8L * texts.length)) {
      for (int i = 0; i < texts.length; i++) {
        byte[] bytes = terminated(options.get(i));
        texts[i] = new Memory(bytes.length);
        texts[i].write(0, bytes, 0, bytes.length);
        pointers.setPointer(8L * i, texts[i]);
      }
      int result = nvrtcCompileProgram(program, texts.length, pointers);
      for (Memory text : texts) {
        text.close();
      }
      return result;
    }
  }

  private static String log(long program) {
    LongByReference size = new LongByReference();
    if (nvrtcGetProgramLogSize(program, size) != 0) {
      return "";
    }
    byte[] log = new byte[Math.toIntExact(Math.max(1, size.getValue()))];
    return nvrtcGetProgramLog(program, log) == 0 ? Native.toString(log, "UTF-8") : "";
  }

  private static byte[] terminated(String text) {
    return (text + '\0').getBytes(StandardCharsets.UTF_8);
  }

  private static void check(int result, String operation) {
    if (result != 0) {
      throw new IllegalStateException(operation + ": " + nvrtcGetErrorString(result));
    }
  }

  private static native int nvrtcVersion(IntByReference major, IntByReference minor);

  private static native int nvrtcCreateProgram(
      LongByReference program, byte[] text, byte[] name, int headers, long texts, long names);

  private static native int nvrtcDestroyProgram(LongByReference program);

  private static native int nvrtcCompileProgram(long program, int count, Pointer options);

  private static native int nvrtcGetCUBINSize(long program, LongByReference size);

  private static native int nvrtcGetCUBIN(long program, byte[] cubin);

  private static native int nvrtcGetProgramLogSize(long program, LongByReference size);

  private static native int nvrtcGetProgramLog(long program, byte[] log);

  private static native String nvrtcGetErrorString(int result);
}
