package org.ipt4j.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.Device;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Limits;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.transformer.DecoderForm;
import picocli.CommandLine.Option;

/** What is pretrained, on which images and tasks, as options. */
public final class Pretraining {
  private static final int GENERATED = 1000;
  private static final int GENERATED_SIDE = 256;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "Clean photographs; without it, 1000 generated images (dead leaves).")
  private String images;

  @Option(
      names = "--image-scales",
      split = ",",
      paramLabel = "S",
      defaultValue = "1",
      description =
          "Sizes at which to use each photograph of --images, relative to its own: 1,0.6 uses it"
              + " also at 60 %% of its size.")
  private List<Double> imageScales;

  @Option(
      names = "--generated",
      paramLabel = "N",
      defaultValue = "0",
      description = "Number of generated images to train on in addition to the photographs.")
  private int generated;

  @Option(
      names = "--config",
      paramLabel = "NAME",
      defaultValue = "tiny",
      description = "base (the paper's), small, tiny or nano.")
  private String config;

  @Option(
      names = "--tasks",
      split = TaskOption.COMMA,
      splitSynopsisLabel = ",",
      paramLabel = "TASK",
      defaultValue = "x2,x3,x4,denoise30,denoise50,derain",
      description =
          "Tasks to learn, separated by commas: degradations, or NAME=DEGRADATION to give a task"
              + " another name.")
  private List<String> tasks;

  @Option(
      names = "--task-weight",
      split = TaskOption.COMMA_OF_NUMBERS,
      splitSynopsisLabel = ",",
      paramLabel = "TASK=W",
      description = "How often a task is drawn, relative to 1.")
  private List<String> taskWeight = List.of();

  @Option(
      names = "--decoder",
      description =
          "${COMPLETION-CANDIDATES}: what the decoder's second attention attends to, if not as"
              + " configured.")
  private DecoderForm decoder;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Number of batches.")
  private int steps;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      defaultValue = "5e-4",
      description = "Highest learning rate of Adam. The paper: 5e-5.")
  private double learningRate;

  @Option(
      names = "--contrastive",
      defaultValue = "OWN_BATCHES",
      description =
          "${COMPLETION-CANDIDATES}: in every k-th batch alone, added to every batch, or never.")
  private Contrastive.Mixture contrastive;

  @Option(
      names = "--contrastive-form",
      defaultValue = "PAPER",
      description = "${COMPLETION-CANDIDATES}: eq. 5, or supervised contrastive.")
  private ContrastiveForm form;

  @Option(names = "--contrastive-every", paramLabel = "K", defaultValue = "8", description = "k.")
  private int every;

  @Option(
      names = "--contrastive-weight",
      paramLabel = "W",
      defaultValue = "0.1",
      description = "λ, relative to an L1 loss on 0..255.")
  private double weight;

  /** The network, its weights drawn. */
  public IptModel model(long seed, Device device) {
    List<Task> all = tasks.stream().map(TaskOption::task).toList();
    return IptModel.create(config(), all, TaskLayers.PUBLISHED, seed, device);
  }

  /** Which task each step is of, and its loss. */
  public TrainingPlan plan(List<Task> all, long seed) {
    return new TrainingPlan(seed, weights(all), new Contrastive(contrastive, form, every, weight));
  }

  /** The photographs, or what is generated instead, of which some may be kept apart. */
  public ImageSource images(long seed, ValidationSettings.Opening<ImageSource> opening)
      throws IOException {
    return images == null ? generated(GENERATED, seed) : opening.open(images);
  }

  /** What to call one of {@link #images}. */
  public String called() {
    return images == null ? "generated image" : "image";
  }

  /** Of Adam, at its highest. */
  public double learningRate() {
    return learningRate;
  }

  /** Of the run. */
  public int steps() {
    return steps;
  }

  /**
   * What is trained on.
   *
   * @param kept those of {@link #images} that are
   */
  public ImageSource training(ImageSource kept, long seed) {
    if (generated < 0) {
      throw new IllegalArgumentException("--generated: expected 0 or more, got " + generated);
    }
    if (images == null) {
      if (!imageScales.equals(List.of(1.0))) {
        throw new IllegalArgumentException(
            "--image-scales is of photographs, and there are no --images");
      }
      if (generated > 0) {
        throw new IllegalArgumentException(
            "--generated is in addition to photographs, and there are no --images");
      }
      return kept;
    }
    ImageSource photographs =
        ImageSource.cached(new ScaledImages(kept, imageScales), Limits.DEFAULT.cachedBytes());
    return generated == 0 ? photographs : new JoinedImages(photographs, generated(generated, seed));
  }

  private static ImageSource generated(int count, long seed) {
    return new DeadLeaves(seed, count, GENERATED_SIDE, GENERATED_SIDE);
  }

  private IptConfig config() {
    IptConfig preset = IptConfig.preset(config);
    return decoder == null ? preset : preset.with(decoder);
  }

  private Map<Task, Double> weights(List<Task> all) {
    Map<String, String> given = TrainerSettings.byTask("--task-weight", taskWeight);
    TrainerSettings.checkTasks("--task-weight", given.keySet(), all);
    Map<Task, Double> weights = new LinkedHashMap<>();
    for (Task task : all) {
      String own = given.get(task.name());
      weights.put(task, own == null ? 1 : weight(task, own));
    }
    return weights;
  }

  private static double weight(Task task, String number) {
    try {
      double weight = Double.parseDouble(number);
      if (weight > 0 && weight < Double.POSITIVE_INFINITY) {
        return weight;
      }
    } catch (NumberFormatException noNumber) {
      // is said below
    }
    throw new IllegalArgumentException(
        "--task-weight " + task.name() + ": expected a number above 0, got " + number);
  }
}
