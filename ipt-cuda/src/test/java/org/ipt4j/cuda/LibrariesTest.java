package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ipt4j.cuda.Libraries.Family;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LibrariesTest {
  @TempDir Path folder;

  private final List<String> opened = new ArrayList<>();
  private final Set<String> broken = new HashSet<>();
  private final Set<String> ofSystem = new HashSet<>();

  private NativeLibrary open(String library) {
    if (broken.contains(library) || !library.contains("/") && !ofSystem.contains(library)) {
      throw new UnsatisfiedLinkError(library + " is broken\nand more");
    }
    opened.add(library);
    return null;
  }

  private Libraries libraries(List<Path> given, Map<String, String> environment, int newest) {
    return new Libraries(given, environment, false, newest, this::open);
  }

  private Path file(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.createFile(file);
  }

  private String loaded(Family family, Libraries libraries) {
    return libraries.load(family).from();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "libcublas.so.12",
        "lib64/libcublas.so.13",
        "targets/x86_64-linux/lib/libcublas.so.13",
        "nvidia/cublas/lib/libcublas.so.12",
        "site-packages/nvidia/cu13/lib/libcublas.so.13",
        "lib/python3.12/site-packages/nvidia/cublas/lib/libcublas.so.12"
      })
  void givenFolderMayBeOfLibrariesAToolkitOrPython(String name) throws IOException {
    Path file = file(name);

    assertThat(loaded(Family.CUBLAS, libraries(List.of(folder), Map.of(), 13)))
        .isEqualTo(file.toString());
    assertThat(loaded(Family.CUBLAS, libraries(List.of(), Map.of("CUDA_HOME", "" + folder), 13)))
        .isEqualTo(file.toString());
  }

  @Test
  void whatALibraryNeedsIsLoadedBefore() throws IOException {
    Path cublas = file("libcublas.so.13");
    Path cublasLt = file("libcublasLt.so.13");
    file("libcublasLt.so.12");
    Path nvrtc = file("libnvrtc.so.13");
    Path builtins = file("libnvrtc-builtins.so.13.0");
    file("libnvrtc-builtins.alt.so.13.0");
    Libraries libraries = libraries(List.of(folder), Map.of(), 13);

    Libraries.Loaded loaded = libraries.load(Family.CUBLAS);
    libraries.load(Family.NVRTC);

    assertThat(opened)
        .containsExactly(
            cublasLt.toString(), cublas.toString(), builtins.toString(), nvrtc.toString());
    assertThat(libraries.cublasLt(loaded).from()).isEqualTo(cublasLt.toString());
  }

  @Test
  void givenFoldersComeBeforeTheEnvironmentAndTheSystem() throws IOException {
    Path given = file("given/libnvrtc.so.12");
    Path toolkit = file("toolkit/lib64/libnvrtc.so.13");
    ofSystem.add("libnvrtc.so.13");
    Map<String, String> environment = Map.of("CUDA_PATH", folder.resolve("toolkit").toString());

    assertThat(loaded(Family.NVRTC, libraries(List.of(given.getParent()), environment, 13)))
        .isEqualTo(given.toString());
    assertThat(loaded(Family.NVRTC, libraries(List.of(), environment, 13)))
        .isEqualTo(toolkit.toString());
    assertThat(loaded(Family.NVRTC, libraries(List.of(), Map.of(), 13)))
        .isEqualTo("libnvrtc.so.13");
  }

  @Test
  void newestThatLoadsAndTheDriverServesIsTaken() throws IOException {
    Path newer = file("libcublas.so.13");
    Path older = file("libcublas.so.12");

    assertThat(loaded(Family.CUBLAS, libraries(List.of(folder), Map.of(), 13)))
        .isEqualTo(newer.toString());
    assertThat(loaded(Family.CUBLAS, libraries(List.of(folder), Map.of(), 12)))
        .isEqualTo(older.toString());
    broken.add(newer.toString());
    assertThat(loaded(Family.CUBLAS, libraries(List.of(folder), Map.of(), 13)))
        .isEqualTo(older.toString());
  }

  @Test
  void windowsHasOtherNames() throws IOException {
    Path cublas = file("bin/x64/cublas64_13.dll");
    Path nvrtc = file("bin/nvrtc64_120_0.dll");
    Libraries libraries =
        new Libraries(List.of(), Map.of("CUDA_PATH", "" + folder), true, 13, this::open);

    assertThat(loaded(Family.CUBLAS, libraries)).isEqualTo(cublas.toString());
    assertThat(loaded(Family.NVRTC, libraries)).isEqualTo(nvrtc.toString());
  }

  @Test
  void messageSaysWhatWasTriedAndWhatToInstall() throws IOException {
    Path file = file("libcublas.so.13");
    broken.add(file.toString());
    Libraries libraries = libraries(List.of(folder), Map.of(), 13);

    assertThatThrownBy(() -> libraries.load(Family.CUBLAS))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessageStartingWith(
            "expected libcublas.so.13 or libcublas.so.12, found what cannot be loaded: "
                + file
                + " is broken; install")
        .hasMessageNotContaining("\n");
    assertThatThrownBy(() -> libraries.load(Family.NVRTC))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessageContaining("libnvrtc.so.13 or libnvrtc.so.12")
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("at the first start");
    assertThatThrownBy(() -> libraries(List.of(), Map.of(), 11).load(Family.CUBLAS))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessageContaining("CUDA 12 or newer, found a driver for CUDA 11");
  }
}
