package org.ipt4j.weights;

import static org.ipt4j.weights.HostileFiles.COUNT;
import static org.ipt4j.weights.HostileFiles.damaged;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileFilesTest {
  @TempDir Path folder;

  @Test
  void safeTensors() throws IOException {
    // the golden file carries no checksum, so that damage reaches the parser
    byte[] good = Files.readAllBytes(GoldenFiles.file("contrastive.safetensors"));
    HostileFiles.run(folder, SafeTensors::open, good, random -> damaged(good, random), COUNT / 4);
  }

  @Test
  void safeTensorsHeaders() throws IOException {
    byte[] good = Files.readAllBytes(GoldenFiles.file("contrastive.safetensors"));
    int headerEnd = 8 + 400;
    HostileFiles.run(
        folder,
        SafeTensors::open,
        good,
        random -> {
          byte[] bad = good.clone();
          byte[] header = damaged(Arrays.copyOfRange(good, 8, headerEnd), random);
          System.arraycopy(header, 0, bad, 8, Math.min(header.length, headerEnd - 8));
          return bad;
        },
        COUNT / 4);
  }

  @Test
  void safeTensorsWithAChecksum() throws IOException {
    Path path = folder.resolve("good");
    SafeTensors.write(path, Map.of("k", "v"), Map.of("x", Tensors.floats(1, 2, 3)));
    byte[] good = Files.readAllBytes(path);
    HostileFiles.run(folder, SafeTensors::open, good, random -> damaged(good, random), COUNT / 2);
  }

  @Test
  void legacyCheckpoints() throws IOException {
    byte[] good = Files.readAllBytes(GoldenFiles.file("torch-views-legacy.pt"));
    HostileFiles.run(folder, TensorFile::open, good, random -> damaged(good, random), COUNT / 4);
  }

  @Test
  void zipCheckpoints() throws IOException {
    byte[] good = Files.readAllBytes(GoldenFiles.file("torch-views.pt"));
    HostileFiles.run(folder, TensorFile::open, good, random -> damaged(good, random), COUNT / 20);
  }

  @Test
  void picklesInZipCheckpointsWithRightChecksums() throws IOException {
    Map<String, String> records = new LinkedHashMap<>();
    try (WeightBytes bytes = WeightBytes.open(GoldenFiles.file("torch-wrapped.pt"))) {
      for (ZipDirectory.Entry entry : ZipDirectory.read(bytes).values()) {
        byte[] content = bytes.read(entry.position(), (int) entry.size()).array();
        records.put(entry.name(), new String(content, StandardCharsets.ISO_8859_1));
      }
    }
    HostileFiles.run(
        folder,
        TensorFile::open,
        Files.readAllBytes(GoldenFiles.file("torch-wrapped.pt")),
        random -> {
          TestZip zip = new TestZip();
          records.forEach(
              (name, content) ->
                  zip.add(
                      name,
                      name.endsWith("data.pkl")
                          ? new String(
                              damaged(content.getBytes(StandardCharsets.ISO_8859_1), random),
                              StandardCharsets.ISO_8859_1)
                          : content));
          return zip.bytes();
        },
        COUNT / 4);
  }
}
