package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.GoldenFiles;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;
import org.ipt4j.weights.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One file of each format, {@code model-format-N.safetensors}, stays readable for ever. */
class ModelFormatsTest {
  /** No format number, and tasks of name and scale only. */
  @Test
  void format0() throws IOException {
    IptModel model = IptModel.load(GoldenFiles.file("model-format-0.safetensors"));
    assertThat(model.config())
        .isEqualTo(new IptConfig(1, 4, 2, 2, 1, 1, DecoderForm.MEMORY, 255, true));
    assertThat(model.tasks())
        .containsExactly(
            new Task("x2", 2, "x2", ""),
            new Task("denoise:sigma=0..55", 1, "denoise:sigma=0..55", ""));
    assertThat(checksum(model)).isEqualTo("54d1c05a");
  }

  @Test
  void format1() throws IOException {
    IptModel model = IptModel.load(GoldenFiles.file("model-format-1.safetensors"));
    assertThat(model.config())
        .isEqualTo(new IptConfig(1, 6, 2, 2, 2, 1, DecoderForm.SELF, 1, false));
    assertThat(model.tasks())
        .containsExactly(
            new Task("denoise", 1, "denoise:sigma=0..55", "for grainy photographs"),
            new Task("x3", 3));
    assertThat(checksum(model)).isEqualTo("7ee0f117");
  }

  @Test
  void theFormatThatIsWrittenHasItsFile(@TempDir Path folder) throws IOException {
    String golden = "model-format-" + ModelDescription.FORMAT + ".safetensors";
    Path file = folder.resolve("model.safetensors");
    IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1).save(file, Map.of());
    for (Path path : List.of(GoldenFiles.file(golden), file)) {
      try (TensorFile tensors = SafeTensors.open(path)) {
        assertThat(tensors.metadata().get(ModelFile.DESCRIPTION))
            .startsWith("{\"format\":" + ModelDescription.FORMAT + ",");
      }
    }
  }

  /** Of the weights, row by row. */
  private static String checksum(IptModel model) {
    CRC32 crc = new CRC32();
    PublishedNames.tensors(model.values())
        .forEach((name, tensor) -> crc.update(Tensors.bytes(tensor)));
    return Long.toHexString(crc.getValue());
  }
}
