package org.ipt4j.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A folder of checkpoints, each a complete file named by its step; the last few are kept. */
public final class Checkpoints {
  private static final Pattern NAME = Pattern.compile("step-\\d{9}\\.safetensors");

  private final Path folder;
  private final int kept;

  /** Keeps the last {@code kept} checkpoints in {@code folder}, which need not exist yet. */
  public Checkpoints(Path folder, int kept) {
    if (kept < 1) {
      throw new IllegalArgumentException("at least 1 checkpoint is kept, got " + kept);
    }
    this.folder = folder;
    this.kept = kept;
  }

  /** Saves a run as it stands, then removes checkpoints beyond the number kept. */
  public void save(Trainer trainer) throws IOException {
    trainer.save(
        folder.resolve(String.format(Locale.ROOT, "step-%09d.safetensors", trainer.step())));
    List<Path> all = all();
    for (Path old : all.subList(0, Math.max(0, all.size() - kept))) {
      Files.delete(old);
    }
  }

  /** The checkpoint of the highest step. */
  public Optional<Path> latest() throws IOException {
    List<Path> all = all();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  private List<Path> all() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> NAME.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }
}
