package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.pretrained.Pretrained;

/** Enlarges one photograph with the pretrained model: {@code RestoreImage small.jpg large.png}. */
public final class RestoreImage {
  private RestoreImage() {}

  /** Takes the photograph and where the enlarged one goes; its ending says the format. */
  public static void main(String[] args) throws IOException {
    Arguments.check(args, "PHOTOGRAPH", "ENLARGED");
    IptModel model = Pretrained.tiny();
    new ImageRestorer(model).restore(model.task("photo-x2"), Path.of(args[0]), Path.of(args[1]));
  }
}
