package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.Picture;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.pretrained.Pretrained;

/**
 * Restores the photographs of a folder, and says how far it is; one that cannot be read is passed
 * over: {@code RestoreFolder photos restored denoise}.
 */
public final class RestoreFolder {
  private RestoreFolder() {}

  /** Takes the folder, the one for the results, and the task. */
  public static void main(String[] args) throws IOException {
    Arguments.check(args, "FOLDER", "RESULTS", "TASK");
    IptModel model = Pretrained.tiny();
    Task task = model.task(args[2]);
    ImageRestorer restorer = new ImageRestorer(model);
    List<Path> photographs;
    try (Stream<Path> files = Files.list(Path.of(args[0]))) {
      photographs = files.filter(ImageFiles::isImage).sorted().toList();
    }
    int restored = 0;
    for (Path photograph : photographs) {
      String name = photograph.getFileName().toString();
      Path target = Path.of(args[1]).resolve(name + ".png");
      try {
        Picture picture = Picture.read(photograph);
        restorer.restore(
            task,
            picture,
            target,
            ImageFormat.PNG,
            (done, all) -> System.out.printf("%s: %d of %d tiles%n", name, done, all));
        restored++;
      } catch (UnreadableImageException unreadable) {
        System.out.println("passed over " + unreadable.getMessage());
      }
    }
    System.out.printf("restored %d of %d photographs%n", restored, photographs.size());
  }
}
