package org.ipt4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.ipt4j.core.Device;
import org.ipt4j.core.Precision;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;

/**
 * A model as a person gives it.
 *
 * @param given the name of a pretrained one that comes along, or a file
 */
public record GivenModel(String given) {
  /** What commands take where no model is given. */
  public static final String DEFAULT = "tiny";

  /** What commands say of the option. */
  public static final String HELP =
      "A model file, or the name of an included pretrained model: tiny, which is the default.";

  private static final String RUNS_MODEL = "model";

  /** Whether it comes along. */
  public boolean isPretrained() {
    return Pretrained.names().contains(given);
  }

  /** The model. */
  public IptModel load() throws IOException {
    return load(Device.of(Precision.FLOAT));
  }

  /** The model, with its weights on a device. */
  public IptModel load(Device device) throws IOException {
    try (TensorFile tensors = open()) {
      return ModelFile.load(tensors, device);
    }
  }

  /** Its file. */
  public TensorFile open() throws IOException {
    if (isPretrained()) {
      try (InputStream in = Pretrained.open(given)) {
        return SafeTensors.read(in, given);
      }
    }
    try {
      return SafeTensors.open(Path.of(given));
    } catch (NoSuchFileException missing) {
      throw new IllegalArgumentException(
          "no such model: expected a file or one of "
              + String.join(", ", Pretrained.names())
              + ", got "
              + given,
          missing);
    }
  }

  /** What to call it in a table: a run's model by the run. */
  public String name() {
    String base = isPretrained() ? given : Commands.baseName(Path.of(given));
    Path folder = Path.of(given).toAbsolutePath().normalize().getParent();
    return base.equals(RUNS_MODEL) && folder != null && folder.getFileName() != null
        ? folder.getFileName().toString()
        : base;
  }

  /** The checksum of its file. */
  public String sha256() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in =
          new DigestInputStream(
              isPretrained() ? Pretrained.open(given) : Files.newInputStream(Path.of(given)),
              digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every Java has it
    }
  }
}
