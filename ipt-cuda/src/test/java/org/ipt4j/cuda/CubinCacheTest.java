package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CubinCacheTest {
  private static final List<String> OPTIONS = List.of("--gpu-architecture=sm_90");

  @TempDir Path folder;

  /** Counts, and makes the text its machine code. */
  private static final class Counting implements CubinCache.Compiler {
    private final String version;
    private int compiled;

    Counting(String version) {
      this.version = version;
    }

    @Override
    public String version() {
      return version;
    }

    @Override
    public byte[] compile(String text, List<String> options) {
      compiled++;
      return (text + options).getBytes(StandardCharsets.UTF_8);
    }
  }

  private final Counting compiler = new Counting("13.0");

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void textIsCompiledOnce() {
    byte[] first = new CubinCache(folder).get("a", OPTIONS, compiler);
    byte[] second = new CubinCache(folder).get("a", OPTIONS, compiler);

    assertThat(compiler.compiled).isEqualTo(1);
    assertThat(second).isEqualTo(first).isEqualTo("a[--gpu-architecture=sm_90]".getBytes());
  }

  @Test
  void otherTextOptionsOrCompilerMakeOtherCode() throws IOException {
    CubinCache cache = new CubinCache(folder);
    cache.get("a", OPTIONS, compiler);
    cache.get("b", OPTIONS, compiler);
    cache.get("a", List.of("--gpu-architecture=sm_80"), compiler);
    Counting newer = new Counting("13.1");
    cache.get("a", OPTIONS, newer);

    assertThat(compiler.compiled).isEqualTo(3);
    assertThat(newer.compiled).isEqualTo(1);
    assertThat(files()).hasSize(4);
  }

  @Test
  void withoutACompilerWhatWasCompiledServes() {
    CubinCache cache = new CubinCache(folder);
    byte[] cubin = cache.get("a", OPTIONS, compiler);

    assertThat(cache.get("a", OPTIONS, null)).isEqualTo(cubin);
    assertThat(cache.get("b", OPTIONS, null)).isNull();
  }

  @Test
  void damagedFileIsCompiledAnew() throws IOException {
    CubinCache cache = new CubinCache(folder);
    byte[] cubin = cache.get("a", OPTIONS, compiler);
    byte[] bytes = Files.readAllBytes(files().get(0));
    bytes[bytes.length - 1]++;
    Files.write(files().get(0), bytes);

    assertThat(cache.get("a", OPTIONS, null)).isNull();
    assertThat(cache.get("a", OPTIONS, compiler)).isEqualTo(cubin);
    assertThat(compiler.compiled).isEqualTo(2);
    assertThat(cache.get("a", OPTIONS, null)).isEqualTo(cubin);
  }

  @Test
  void folderThatCannotBeWrittenIsDoneWithout() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    CubinCache cache = new CubinCache(file.resolve("below"));

    assertThat(cache.get("a", OPTIONS, compiler)).isNotEmpty();
    assertThat(cache.get("a", OPTIONS, compiler)).isNotEmpty();
    assertThat(compiler.compiled).isEqualTo(2);
  }

  @Test
  void environmentNamesTheUsersFolder() throws IOException {
    CubinCache cache = CubinCache.ofUser(Map.of("XDG_CACHE_HOME", folder.toString()), false);
    cache.get("a", OPTIONS, compiler);

    assertThat(files()).containsExactly(folder.resolve("ipt4j"));
  }
}
