package org.ipt4j.training;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;

/**
 * A folder of a run's checkpoints, each a complete file that is also a model: {@code
 * step-000000500.safetensors} and so on, of which the last few are kept, {@code latest.safetensors}
 * and {@code best.safetensors}. It belongs to one run at a time. A process may be killed at any
 * moment: what was complete stays, what was not leaves no trace after the next {@link #open}.
 */
public final class Checkpoints implements AutoCloseable {
  /** The name of the checkpoint that did best in validation. */
  public static final String BEST = "best.safetensors";

  private static final Pattern NAME = Pattern.compile("step-\\d{9}\\.safetensors");
  private static final Pattern UNFINISHED = Pattern.compile("\\..*\\.part");
  private static final String LATEST = "latest.safetensors";
  private static final String LOCK = ".lock";
  private static final String GAIN = "ipt4j.training.best.gain";
  private static final String STEP = "ipt4j.training.best.step";

  private record Best(long step, double gain) {}

  private final Path folder;
  private final int kept;
  private final Map<String, String> notes;
  private final FileChannel lock;
  private Best best; // null: none yet

  private Checkpoints(Path folder, int kept, Map<String, String> notes, FileChannel lock) {
    this.folder = folder;
    this.kept = kept;
    this.notes = notes;
    this.lock = lock;
  }

  /**
   * Takes possession of {@code folder}, which need not exist yet, until {@link #close}.
   *
   * @param kept how many of the last checkpoints are kept
   * @param notes texts that each checkpoint holds, for instance how it came to be
   * @throws IOException if another run has it
   */
  public static Checkpoints open(Path folder, int kept, Map<String, String> notes)
      throws IOException {
    if (kept < 1) {
      throw new IllegalArgumentException("at least 1 checkpoint is kept, got " + kept);
    }
    Files.createDirectories(folder);
    FileChannel lock =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    Checkpoints checkpoints = new Checkpoints(folder, kept, Map.copyOf(notes), lock);
    try {
      checkpoints.lock();
      checkpoints.tidy();
      return checkpoints;
    } catch (IOException | RuntimeException failure) {
      lock.close();
      throw failure;
    }
  }

  /** Whether a folder, which need not exist, holds a checkpoint. */
  public static boolean areIn(Path folder) throws IOException {
    return Files.isDirectory(folder) && !files(folder, NAME).isEmpty();
  }

  private void lock() throws IOException {
    FileLock held;
    try {
      held = lock.tryLock();
    } catch (OverlappingFileLockException ofThisProcess) {
      held = null;
    }
    if (held == null) {
      throw new IOException(folder + " is in use by another run");
    }
  }

  /** Does what a killed process did not come to do. */
  private void tidy() throws IOException {
    for (Path unfinished : files(folder, UNFINISHED)) {
      Files.delete(unfinished);
    }
    Optional<Path> latest = latest();
    if (latest.isPresent()) {
      best = readBest(latest.get());
      point(LATEST, latest.get());
      if (best != null && latest.get().equals(file(best.step()))) {
        point(BEST, latest.get());
      }
    }
  }

  private static Best readBest(Path checkpoint) throws IOException {
    try (TensorFile tensors = SafeTensors.open(checkpoint)) {
      String gain = tensors.metadata().get(GAIN);
      // an infinite one, of a flat image, was kept once: nothing would ever be better
      return gain == null || !Double.isFinite(Double.parseDouble(gain))
          ? null
          : new Best(Long.parseLong(tensors.metadata().get(STEP)), Double.parseDouble(gain));
    } catch (NumberFormatException bad) {
      throw new IOException(checkpoint + ": bad best step or gain: " + bad.getMessage(), bad);
    }
  }

  /** Saves a run as it stands, then removes checkpoints beyond the number kept. */
  public Path save(Trainer trainer) throws IOException {
    if (!lock.isOpen()) {
      throw new IllegalStateException("these checkpoints are closed");
    }
    Map<String, String> all = new HashMap<>(notes);
    all.keySet().removeAll(List.of(GAIN, STEP)); // of the run that the notes are of
    if (best != null) {
      all.put(GAIN, Double.toString(best.gain()));
      all.put(STEP, Long.toString(best.step()));
    }
    Path file = file(trainer.step());
    trainer.save(file, all);
    point(LATEST, file);
    prune();
    return file;
  }

  /**
   * As {@link #save}, and {@code best.safetensors} is this one from now on.
   *
   * @param gain its measure, see {@link ValidationReport#gain}
   */
  Path saveBest(Trainer trainer, double gain) throws IOException {
    best = new Best(trainer.step(), gain);
    Path file = save(trainer);
    point(BEST, file);
    return file;
  }

  /** The measure of the best checkpoint; negative infinity if there is none. */
  double bestGain() {
    return best == null ? Double.NEGATIVE_INFINITY : best.gain();
  }

  /** How many steps the best checkpoint had done; empty if none has been validated yet. */
  public OptionalLong bestStep() {
    return best == null ? OptionalLong.empty() : OptionalLong.of(best.step());
  }

  /** The checkpoint of the highest step. */
  public Optional<Path> latest() throws IOException {
    List<Path> all = files(folder, NAME);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  private Path file(long step) {
    return folder.resolve(String.format(Locale.ROOT, "step-%09d.safetensors", step));
  }

  /** Gives a checkpoint a second name, at no cost where the file system has links. */
  private void point(String name, Path checkpoint) throws IOException {
    Path beside = folder.resolve("." + name + ".part");
    Files.deleteIfExists(beside);
    try {
      Files.createLink(beside, checkpoint);
    } catch (UnsupportedOperationException | IOException noLinks) {
      Files.copy(checkpoint, beside);
    }
    Files.move(beside, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(beside); // renaming a file to a name of its own leaves both
  }

  private void prune() throws IOException {
    List<Path> all = files(folder, NAME);
    for (Path old : all.subList(0, Math.max(0, all.size() - kept))) {
      Files.delete(old);
    }
  }

  private static List<Path> files(Path folder, Pattern name) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> name.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /** Leaves the folder to other runs. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
