package org.ipt4j.cuda;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A card that a C++ compiler makes of the kernels' text: threads take turns on the processor, and
 * memory is the process's own. What a card would refuse fails here too.
 */
final class EmulatedGpu implements Gpu {
  /** Which cards it is like. */
  enum Generation {
    HOPPER(227 << 10),
    TURING(64 << 10, "-DTURING");

    private final int sharedBytes;
    private final List<String> definitions;

    Generation(int sharedBytes, String... definitions) {
      this.sharedBytes = sharedBytes;
      this.definitions =
          Stream.concat(Stream.of(definitions), Stream.of(Convolutions.definition(sharedBytes)))
              .toList();
    }
  }

  private static final List<String> OPTIONS =
      List.of(
          "-std=c++17",
          "-w",
          "-fPIC",
          "-fvisibility=hidden",
          "-fno-strict-aliasing",
          "-fsanitize=alignment",
          "-U_FORTIFY_SOURCE");
  private static final Optional<String> COMPILER =
      List.of("g++", "clang++").stream().filter(EmulatedGpu::isThere).findFirst();
  private static final Map<List<String>, NativeLibrary> LIBRARIES = new HashMap<>();

  private final NavigableMap<Long, Long> allocated = new TreeMap<>(); // address, bytes
  private final long mostBytes;
  private final Generation generation;

  /** A card with no more memory than this. */
  EmulatedGpu(long mostBytes, Generation generation) {
    this.mostBytes = mostBytes;
    this.generation = generation;
  }

  /** Whether there is a C++ compiler. */
  static boolean isPossible() {
    return COMPILER.isPresent();
  }

  private static boolean isThere(String compiler) {
    try {
      return new ProcessBuilder(compiler, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException | InterruptedException absent) {
      return false;
    }
  }

  /** The kernels that are compiled with these definitions. */
  private NativeLibrary library(List<String> definitions) {
    List<String> all = new ArrayList<>(generation.definitions);
    all.addAll(definitions);
    synchronized (LIBRARIES) {
      return LIBRARIES.computeIfAbsent(all, some -> load(definitions, some));
    }
  }

  /** Built once for each text: the next run of the tests finds it. */
  private static NativeLibrary load(List<String> definitions, List<String> all) {
    try {
      String text = resource("emulator.h") + Kernels.textOf(definitions);
      List<String> command = new ArrayList<>(OPTIONS);
      command.addAll(all);
      command.add(definitions.isEmpty() ? "-O2" : "-O1"); // attention is compiled often, run little
      String name = command + text;
      Path folder = Files.createDirectories(Path.of("target", "emulator"));
      Path built =
          folder.resolve(
              "libkernels-"
                  + UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8))
                  + ".so");
      if (!Files.exists(built)) {
        build(folder, text, command, built);
      }
      return NativeLibrary.getInstance(built.toAbsolutePath().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void build(Path folder, String text, List<String> options, Path built)
      throws IOException {
    Path source = Files.createTempFile(folder, "kernels", ".cpp");
    Path object = Path.of(source + ".o");
    Path linked = Path.of(source + ".so");
    Files.writeString(source, text);
    List<String> compile = new ArrayList<>(List.of(COMPILER.orElseThrow()));
    compile.addAll(options);
    compile.addAll(List.of("-c", source.toString(), "-o", object.toString()));
    run(compile);
    // not by the same command, which would link the sanitizer's library
    run(List.of(COMPILER.get(), "-shared", object.toString(), "-o", linked.toString()));
    Files.move(linked, built, StandardCopyOption.ATOMIC_MOVE);
    Files.delete(object);
    Files.delete(source);
  }

  private static void run(List<String> command) throws IOException {
    try {
      if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
        throw new IllegalStateException("failed: " + String.join(" ", command));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = EmulatedGpu.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Function function(String name) {
    return library(List.of()).getFunction(name);
  }

  /** Bytes that are allocated and not freed. */
  long allocatedBytes() {
    synchronized (allocated) {
      return allocated.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  @Override
  public String name() {
    return "emulated " + generation;
  }

  @Override
  public int sharedBytes() {
    return generation.sharedBytes;
  }

  @Override
  public long allocate(long bytes) {
    synchronized (allocated) {
      if (allocatedBytes() + bytes > mostBytes) {
        throw new OutOfMemoryError(
            String.format(Locale.ROOT, "emulated has no %,d bytes of %,d", bytes, mostBytes));
      }
      long address =
          Pointer.nativeValue(function("allocateMemory").invokePointer(new Object[] {bytes}));
      allocated.put(address, bytes);
      return address;
    }
  }

  @Override
  public void free(long address) {
    synchronized (allocated) {
      if (allocated.remove(address) == null) {
        throw new IllegalStateException("nothing is allocated at " + address);
      }
      function("freeMemory").invokeVoid(new Object[] {address});
    }
  }

  @Override
  public void write(float[] numbers, int from, int length, long to) {
    new Pointer(to).write(0, numbers, from, length);
  }

  /** Nothing may read closed ones. */
  @Override
  public Upload upload(float[] numbers) {
    long address = allocate((long) Float.BYTES * numbers.length);
    write(numbers, 0, numbers.length, address);
    return new Upload() {
      private boolean closed;

      @Override
      public long address() {
        if (closed) {
          throw new IllegalStateException("closed");
        }
        return address;
      }

      @Override
      public void close() {
        float[] nothing = new float[numbers.length];
        Arrays.fill(nothing, Float.NaN);
        write(nothing, 0, nothing.length, address);
        closed = true;
      }
    };
  }

  @Override
  public void read(long from, int length, float[] numbers, int at) {
    new Pointer(from).read(0, numbers, at, length);
  }

  @Override
  public double[] readDoubles(long from, int length) {
    return new Pointer(from).getDoubleArray(0, length);
  }

  @Override
  public void launch(String kernel, int[] blocks, int threads, int shared, Object... arguments) {
    if (shared > sharedBytes()) {
      throw new IllegalStateException(kernel + ": " + shared + " bytes of shared memory");
    }
    StringBuilder types = new StringBuilder();
    for (Object argument : arguments) {
      checkMemory(kernel, argument);
      types.append(argument instanceof Integer ? 'I' : argument instanceof Float ? 'F' : 'L');
    }
    Function emulate = library(Kernels.definitions(kernel)).getFunction("emulate");
    Object[] call = {
      kernel,
      blocks[0],
      blocks.length > 1 ? blocks[1] : 1,
      blocks.length > 2 ? blocks[2] : 1,
      threads,
      (long) shared,
      types.toString(),
      new Pointer(Arguments.own().pack(arguments))
    };
    synchronized (emulate) { // as one stream
      String failure = emulate.invokeString(call, false);
      Reference.reachabilityFence(arguments);
      if (failure != null) {
        throw new IllegalStateException("kernel " + kernel + ": " + failure);
      }
    }
  }

  /** Memory is handed over as an array, which keeps it until the launch. */
  private void checkMemory(String kernel, Object argument) {
    if (argument instanceof Long number && isAllocated(number)) {
      throw new IllegalStateException(kernel + " gets an address; expected the array there");
    }
    if (argument instanceof CudaArray array
        && array.length() > 0
        && !isAllocated(array.address())) {
      throw new IllegalStateException(kernel + " gets memory that is not allocated: " + array);
    }
  }

  private boolean isAllocated(long address) {
    synchronized (allocated) {
      Map.Entry<Long, Long> before = allocated.floorEntry(address);
      return before != null && address < before.getKey() + before.getValue();
    }
  }

  @Override
  public boolean fuses(Product product) {
    return true;
  }

  @Override
  public void multiply(Product p) {
    long[] numbers = new long[22];
    put(numbers, 0, p.a());
    put(numbers, 5, p.b());
    put(numbers, 10, p.out());
    numbers[15] = p.out().rows();
    numbers[16] = p.a().columns();
    numbers[17] = p.out().columns();
    numbers[18] = p.count();
    numbers[19] = p.bias();
    numbers[20] = p.residual();
    numbers[21] = p.relu() ? 1 : 0;
    function("multiplyMatrices").invokeVoid(new Object[] {numbers, p.alpha(), p.beta()});
  }

  private static void put(long[] numbers, int at, Matrix m) {
    numbers[at] = m.address();
    numbers[at + 1] = m.type() == Type.BF16 ? 1 : 0;
    numbers[at + 2] = m.byColumns() ? 1 : 0;
    numbers[at + 3] = m.lead();
    numbers[at + 4] = m.apart();
  }

  @Override
  public void synchronize() {
    // every call waits
  }
}
