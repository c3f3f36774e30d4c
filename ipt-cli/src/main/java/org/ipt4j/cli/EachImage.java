package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.DoubleConsumer;
import org.ipt4j.core.Device;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.ImageSize;
import org.ipt4j.data.image.Limits;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.weights.AtomicFiles;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * What commands share that make a file of each image: which images, where the files go, how they
 * are named, and what becomes of those that are there already or fail.
 *
 * <p>A file is written completely or not at all; so one that is an image of the result's size is
 * taken to be the result, and left. Any other file is in the way: that image fails. With {@code
 * --force} both are made anew. None of the images is ever replaced, nor taken to be another's
 * result.
 */
final class EachImage {
  /** What is made of an image. */
  interface Work {
    /** The result's format, for an image of the format {@code own}. */
    ImageFormat format(ImageFormat own);

    /** The result's name, without ending, from the image's. */
    default String name(String base) {
      return base;
    }

    /** The result's size. */
    ImageSize size(ImageSize of);

    /**
     * Makes it.
     *
     * @param done to be told the share that is done, 0 to 1; throws {@link CancellationException}
     */
    void make(Path image, Path target, ImageFormat as, DoubleConsumer done) throws IOException;
  }

  /**
   * One image's.
   *
   * @param size of the image; null if that cannot be read
   */
  record Job(Path image, Path target, ImageFormat as, ImageSize size) {
    /** None for an image that will be refused. */
    double megapixels() {
      long pixels = size == null ? 0 : (long) size.height() * size.width();
      return pixels <= Limits.DEFAULT.pixels() ? pixels / 1e6 : 0;
    }
  }

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "DIR",
      description = "Folder for the results, which are named after the images.")
  private Path out;

  @Option(names = "--force", description = "Make existing results again, and replace other files.")
  private boolean force;

  @Parameters(
      arity = "1..*",
      paramLabel = "INPUT",
      description =
          "Images, folders of images (subfolders are kept), or patterns such as 'photos/**.png'.")
  private List<String> inputs;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  private final AtomicFiles.Leftovers leftovers = new AtomicFiles.Leftovers();
  private final Set<Path> images = new HashSet<>(); // real ones
  private double megapixels; // of the images
  private int made;
  private int left; // for their results are there
  private boolean isTraced; // the first failure that nobody expected

  /**
   * Makes them all; yields the exit code.
   *
   * @param done a word for it, for instance {@code restored}
   */
  int run(String done, Work work) throws IOException {
    if (ImageFiles.isImage(out) && !Files.exists(out)) {
      throw new IllegalArgumentException(
          "--out is a folder for the results, which are named after the images; got " + out);
    }
    PrintWriter err = spec.commandLine().getErr();
    Inputs found = Inputs.of(inputs, out);
    int all = found.files().size() + found.failures().size();
    if (found.files().isEmpty()) {
      found.failures().forEach(err::println);
      return spec.exitCodeOnInvalidInput();
    }
    if (!found.passedOver().isEmpty()) {
      err.println(PassedOver.line(found.passedOver()));
    }
    long start = System.nanoTime();
    String reply = "stopping: the image at work is left out";
    try (StopSignal stop = new StopSignal(err, reply)) {
      makeAll(jobs(found.files(), work), found.failures(), done, work, stop);
      spec.commandLine().getOut().println(summary(all, done, System.nanoTime() - start));
      spec.commandLine().getOut().flush();
    }
    return made + left == all ? 0 : spec.exitCodeOnInvalidInput();
  }

  private String summary(int all, String done, long nanoseconds) {
    String there = " there already (--force makes them anew)";
    return String.format(
        Locale.ROOT,
        "%d of %d %s to %s%s: %.1f megapixels in %s",
        made,
        all,
        done,
        out,
        left > 0 ? ", " + left + there : "",
        megapixels,
        Duration.ofSeconds(nanoseconds / 1_000_000_000)
            .toString()
            .substring(2)
            .toLowerCase(Locale.ROOT));
  }

  private List<Job> jobs(List<Inputs.Input> files, Work work) {
    List<ImageFormat> formats =
        files.stream().map(input -> work.format(own(input.file()))).toList();
    List<Path> targets =
        Targets.of(files.stream().map(Inputs.Input::place).toList(), formats, work::name);
    files.forEach(input -> images.add(Inputs.real(input.file())));
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      Path image = files.get(i).file();
      Path target = out.resolve(targets.get(i)).toAbsolutePath().normalize();
      jobs.add(new Job(image, target, formats.get(i), size(image)));
    }
    return jobs;
  }

  private static ImageFormat own(Path image) {
    try {
      return ImageFiles.format(image);
    } catch (UnreadableImageException toBeSaidLater) {
      String name = image.getFileName().toString();
      for (ImageFormat format : ImageFormat.values()) {
        if (format.isNamed(name)) {
          return format;
        }
      }
      return ImageFormat.PNG;
    }
  }

  private static ImageSize size(Path image) {
    try {
      return ImageFiles.size(image);
    } catch (UnreadableImageException toBeSaidLater) {
      return null;
    }
  }

  private void makeAll(
      List<Job> jobs, List<String> failures, String done, Work work, StopSignal stop) {
    double all = jobs.stream().filter(job -> !isMade(job, work)).mapToDouble(Job::megapixels).sum();
    try (Progress progress =
        new Progress(spec.name(), "%.1f/%.1f MP", all, spec.commandLine().getErr())) {
      failures.forEach(progress::fail);
      double before = 0;
      for (int i = 0; i < jobs.size() && !stop.getAsBoolean(); i++) {
        Job job = jobs.get(i);
        if (isMade(job, work)) {
          left++;
          continue;
        }
        double ahead = before;
        progress.at(
            String.format(Locale.ROOT, "%d/%d %s", i + 1, jobs.size(), job.image().getFileName()));
        try {
          if (job.size() == null) {
            ImageFiles.size(job.image()); // says why
          }
          checkFree(job);
          leftovers.remove(job.target());
          work.make(
              job.image(),
              job.target(),
              job.as(),
              share -> {
                progress.to(ahead + share * job.megapixels());
                if (stop.getAsBoolean()) {
                  throw new CancellationException();
                }
              });
          made++;
          megapixels += job.megapixels();
          before += job.megapixels();
        } catch (CancellationException stopped) {
          progress.fail(job.image() + ": not " + done + ", for the command was stopped");
          return;
        } catch (IOException | IllegalArgumentException failure) {
          fail(job, Commands.message(failure), progress);
        } catch (RuntimeException | OutOfMemoryError failure) {
          if (Device.isOutOfMemory(failure)) {
            fail(job, MemoryShortage.line(failure, spec), progress);
          } else {
            failUnexpectedly(job, failure, progress);
          }
        }
        progress.to(before);
      }
    }
  }

  private boolean isMade(Job job, Work work) {
    try {
      return !force
          && job.size() != null
          && Files.exists(job.target())
          && !Files.isSameFile(job.image(), job.target())
          && !images.contains(Inputs.real(job.target()))
          && ImageFiles.size(job.target()).equals(work.size(job.size()));
    } catch (IOException otherFile) {
      return false;
    }
  }

  private void checkFree(Job job) throws IOException {
    if (!Files.exists(job.target())) {
      return;
    }
    if (Files.exists(job.image()) && Files.isSameFile(job.image(), job.target())) {
      throw new IllegalArgumentException("would replace the image itself; give another --out");
    }
    if (images.contains(Inputs.real(job.target()))) {
      throw new IllegalArgumentException(
          "would replace another of the images, " + job.target() + "; give another --out");
    }
    if (!force) {
      throw new IllegalArgumentException(
          job.target() + " exists already and is not this image's result; --force replaces it");
    }
  }

  // a fault of this library, to be reported: with its trace, though one says enough
  private void failUnexpectedly(Job job, Throwable failure, Progress progress) {
    fail(job, "failed unexpectedly: " + failure, progress);
    if (!isTraced) {
      isTraced = true;
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      StandardError.println(spec.commandLine().getErr(), trace.toString().stripTrailing());
    }
  }

  private static void fail(Job job, String message, Progress progress) {
    String name = job.image() + ": ";
    progress.fail(message.startsWith(name) ? message : name + message);
    progress.lessen(job.megapixels());
  }
}
