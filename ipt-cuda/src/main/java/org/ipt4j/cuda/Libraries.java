package org.ipt4j.cuda;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Finds CUDA's libraries: in the given folders, then in {@code CUDA_PATH} and {@code CUDA_HOME},
 * where the system's loader looks, and in the usual places.
 */
final class Libraries {
  /** What is looked for; patterns of names, where %d is CUDA's major version. */
  enum Family {
    /** It needs cublasLt, which lies beside it. */
    CUBLAS("libcublas.so.%d", "cublas64_%d.dll", "libcublasLt.so.%d", "cublasLt64_%d.dll"),

    /** It opens its built-ins, which lie beside it, by name when it compiles. */
    NVRTC(
        "libnvrtc.so.%d",
        "nvrtc64_%d0_0.dll", "libnvrtc-builtins.so.%d*", "nvrtc-builtins64_%d*.dll");

    private final String linux;
    private final String windows;
    private final String linuxHelpers;
    private final String windowsHelpers;

    Family(String linux, String windows, String linuxHelpers, String windowsHelpers) {
      this.linux = linux;
      this.windows = windows;
      this.linuxHelpers = linuxHelpers;
      this.windowsHelpers = windowsHelpers;
    }

    private String name(int major, boolean onWindows) {
      return String.format(Locale.ROOT, onWindows ? windows : linux, major);
    }

    private String helpers(int major, boolean onWindows) {
      return String.format(Locale.ROOT, onWindows ? windowsHelpers : linuxHelpers, major);
    }
  }

  /** Loads a library from its path or name. */
  @FunctionalInterface
  interface Opener {
    /**
     * Loads it.
     *
     * @throws UnsatisfiedLinkError if that is impossible
     */
    NativeLibrary open(String library);
  }

  /** A loaded library and the path or name that it was loaded from. */
  record Loaded(NativeLibrary code, String from) {}

  private static final List<Integer> MAJORS = List.of(13, 12);
  private static final String NVIDIA = "nvidia";

  /** JNA closes a library that nobody holds. */
  private static final List<NativeLibrary> HELD = Collections.synchronizedList(new ArrayList<>());

  private final List<Path> given;
  private final Map<String, String> environment;
  private final boolean windows;
  private final int newest;
  private final Opener opener;

  /**
   * For a search.
   *
   * @param newest the highest major version of CUDA that the driver serves
   */
  Libraries(
      List<Path> given,
      Map<String, String> environment,
      boolean windows,
      int newest,
      Opener opener) {
    this.given = given;
    this.environment = environment;
    this.windows = windows;
    this.newest = newest;
    this.opener = opener;
  }

  /**
   * Loads the first of a family that can be.
   *
   * @throws CudaUnavailableException if there is none
   */
  Loaded load(Family family) {
    List<String> failures = new ArrayList<>();
    Set<Path> first = first();
    Set<Path> usual = usual();
    Loaded loaded = inFolders(first, family, failures);
    if (loaded == null) {
      loaded = bySystem(family);
    }
    if (loaded == null) {
      loaded = inFolders(usual, family, failures);
    }
    if (loaded == null) {
      first.addAll(usual);
      throw new CudaUnavailableException(missing(family, first, failures));
    }
    return loaded;
  }

  /** The cublasLt that this cuBLAS uses. */
  Loaded cublasLt(Loaded cublas) {
    Path path = Path.of(cublas.from());
    String name = path.getFileName().toString().replace("cublas", "cublasLt");
    String from = path.resolveSibling(name).toString();
    return new Loaded(open(from), from);
  }

  /** Versions newer than the driver's do not start. */
  private List<Integer> majors() {
    return MAJORS.stream().filter(major -> major <= newest).toList();
  }

  private Loaded inFolders(Set<Path> folders, Family family, List<String> failures) {
    for (Path folder : folders) {
      for (int major : majors()) {
        Path file = folder.resolve(family.name(major, windows));
        if (Files.isRegularFile(file)) {
          try {
            children(folder, family.helpers(major, windows)).forEach(this::openHelper);
            return new Loaded(open(file.toString()), file.toString());
          } catch (UnsatisfiedLinkError e) {
            failures.add(firstLine(e));
          }
        }
      }
    }
    return null;
  }

  private NativeLibrary open(String library) {
    NativeLibrary opened = opener.open(library);
    HELD.add(opened);
    return opened;
  }

  /** The loader then finds it under the name that the library asks for. */
  private void openHelper(Path helper) {
    try {
      open(helper.toString());
    } catch (UnsatisfiedLinkError e) {
      // the library itself will say what it lacks
    }
  }

  private Loaded bySystem(Family family) {
    for (int major : majors()) {
      String name = family.name(major, windows);
      try {
        return new Loaded(open(name), name);
      } catch (UnsatisfiedLinkError e) {
        // the next one
      }
    }
    return null;
  }

  private Set<Path> first() {
    Set<Path> folders = new LinkedHashSet<>();
    for (Path folder : given) {
      addAll(folders, folder);
    }
    for (String variable : List.of("CUDA_PATH", "CUDA_HOME")) {
      String value = environment.get(variable);
      if (value != null && !value.isBlank()) {
        try {
          addAll(folders, Path.of(value));
        } catch (InvalidPathException e) {
          // not a folder
        }
      }
    }
    return folders;
  }

  private Set<Path> usual() {
    Set<Path> folders = new LinkedHashSet<>();
    if (!windows) {
      addAll(folders, Path.of("/usr/local/cuda"));
      List<Path> toolkits = children(Path.of("/usr/local"), "cuda-*");
      Collections.reverse(toolkits);
      toolkits.forEach(toolkit -> addAll(folders, toolkit));
      children(Path.of("/usr/lib"), "*-linux-gnu").forEach(folder -> add(folders, folder));
    }
    return folders;
  }

  /** A folder of libraries, a toolkit or a Python environment. */
  private static void addAll(Set<Path> folders, Path root) {
    add(folders, root);
    for (String child : List.of("lib64", "lib", "bin", "bin/x64")) {
      add(folders, root.resolve(child));
    }
    children(root.resolve("targets"), "*").forEach(target -> add(folders, target.resolve("lib")));
    addWheels(folders, root);
    addWheels(folders, root.resolve("site-packages"));
    addWheels(folders, root.resolve("Lib/site-packages"));
    for (Path python : children(root.resolve("lib"), "python*")) {
      addWheels(folders, python.resolve("site-packages"));
    }
  }

  /** NVIDIA's wheels in a folder of Python packages, or the folder of those wheels. */
  private static void addWheels(Set<Path> folders, Path packages) {
    for (Path wheels : List.of(packages.resolve(NVIDIA), packages)) {
      if (wheels.endsWith(NVIDIA)) {
        for (Path part : children(wheels, "*")) {
          add(folders, part.resolve("lib"));
          add(folders, part.resolve("bin"));
          add(folders, part.resolve("bin/x86_64"));
        }
      }
    }
    add(folders, packages.resolve("torch/lib"));
  }

  private static void add(Set<Path> folders, Path folder) {
    if (Files.isDirectory(folder)) {
      folders.add(folder.toAbsolutePath().normalize());
    }
  }

  /** In the order of names. */
  private static List<Path> children(Path folder, String glob) {
    List<Path> children = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
        stream.forEach(children::add);
      } catch (IOException e) {
        return children;
      }
    }
    Collections.sort(children);
    return children;
  }

  private String missing(Family family, Set<Path> searched, List<String> failures) {
    StringBuilder text = new StringBuilder();
    text.append("expected ")
        .append(String.join(" or ", majors().stream().map(m -> family.name(m, windows)).toList()));
    if (majors().isEmpty()) {
      text.append("CUDA 12 or newer, found a driver for CUDA ").append(newest);
    } else if (failures.isEmpty()) {
      text.append(", found none by the system's loader");
      text.append(searched.isEmpty() ? "" : " nor in " + searched);
    } else {
      text.append(", found what cannot be loaded: ").append(String.join("; ", failures));
    }
    text.append("; install ");
    text.append(
        "the CUDA toolkit 12 or 13, or PyTorch or NVIDIA's Python packages nvidia-cublas and");
    text.append(" nvidia-cuda-nvrtc, and name that folder or Python environment");
    if (family == Family.NVRTC) {
      text.append(" (it compiles the kernels at the first start; later ones do without)");
    }
    return text.toString();
  }

  /** The first line of its message. */
  static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown");
  }
}
