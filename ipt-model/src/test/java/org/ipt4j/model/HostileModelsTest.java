package org.ipt4j.model;

import static org.ipt4j.weights.HostileFiles.COUNT;
import static org.ipt4j.weights.HostileFiles.damagedHeader;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ipt4j.weights.HostileFiles;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged descriptions of models, and tensors of networks that no file describes. */
class HostileModelsTest {
  @TempDir Path folder;

  @Test
  void models() throws IOException {
    Path path = folder.resolve("good");
    nano().save(path, Map.of());
    byte[] good = withoutChecksum(Files.readAllBytes(path));
    HostileFiles.run(
        folder, HostileModelsTest::loaded, good, random -> damagedHeader(good, random), COUNT / 4);
  }

  @Test
  void publishedWeights() throws IOException {
    Path path = folder.resolve("good");
    Map<String, Tensor> tensors = PublishedNames.tensors(nano().values());
    tensors.putAll(PublishedConstants.tensors(IptConfig.preset("nano")));
    SafeTensors.write(path, Map.of(), tensors);
    byte[] good = withoutChecksum(Files.readAllBytes(path));
    HostileFiles.run(
        folder,
        HostileModelsTest::imported,
        good,
        random -> damagedHeader(good, random),
        COUNT / 4);
  }

  private static IptModel nano() {
    return IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1);
  }

  private static Closeable loaded(Path file) throws IOException {
    IptModel.load(file);
    return () -> {};
  }

  private static Closeable imported(Path file) throws IOException {
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      int head = weights.scales().firstKey();
      Task task = new Task("task", weights.scales().get(head));
      weights.model(1, weights.rgbRange().orElse(255), Map.of(head, task));
    }
    return () -> {};
  }

  /** Another name for the checksum, so that damage is not noticed by it. */
  private static byte[] withoutChecksum(byte[] file) {
    file[new String(file, StandardCharsets.ISO_8859_1).indexOf("crc32c")] = 'C';
    return file;
  }
}
