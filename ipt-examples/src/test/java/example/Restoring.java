package example;

import java.io.IOException;
import java.nio.file.Path;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.pretrained.Pretrained;

public final class Restoring {
  public static void main(String[] args) throws IOException {
    IptModel model = Pretrained.tiny();
    new ImageRestorer(model).restore(model.task("photo-x2"), Path.of(args[0]), Path.of(args[1]));
  }
}
