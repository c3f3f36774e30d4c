package org.ipt4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.ipt4j.benchmarks.Results.Row;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewTasksTest {
  private static final List<Long> SEEDS = List.of(1L, 2L);
  private static final Task KNOWN = new Task("denoise", 1, "denoise:sigma=0..55", "");

  private final IptModel pretrained = IptModel.create(IptConfig.preset("nano"), List.of(KNOWN), 7);
  @TempDir private Path folder;

  @Test
  void bothWaysSeeTheSameImagesThatNoChoiceSawAndBeginAsTheyShould() throws IOException {
    NewTasks part = part(130);
    List<Training> choices = choose(part, 1);
    Set<String> chosenOn = names(choices.get(1).images());
    for (long seed : SEEDS) {
      List<Training> trainings = part.then(seed);
      assertThat(trainings).hasSize(12);
      for (int i = 0; i < trainings.size(); i += 2) {
        Training scratch = trainings.get(i);
        Training tuned = trainings.get(i + 1);
        assertThat(scratch.arm().name()).startsWith("from scratch ");
        assertThat(tuned.arm().name())
            .isEqualTo(scratch.arm().name().replace("from scratch", "fine-tuned"));
        assertThat(names(scratch.images()))
            .isEqualTo(names(tuned.images()))
            .doesNotContainAnyElementsOf(chosenOn)
            .hasSize(i % 4 == 0 ? 8 : 100);
        assertThat(tuned.steps()).isEqualTo(scratch.steps()).isEqualTo(6);
        assertThat(body(tuned)).usingRecursiveComparison().isEqualTo(body(pretrained));
        assertThat(body(scratch)).usingRecursiveComparison().isNotEqualTo(body(pretrained));
      }
      assertThat(names(trainings.get(2).images())).containsAll(names(trainings.get(0).images()));
    }
    assertThat(names(part.then(1).get(0).images()))
        .isNotEqualTo(names(part.then(2).get(0).images()));
  }

  private static List<float[]> body(Training training) throws IOException {
    return body(training.start().model());
  }

  private static List<float[]> body(IptModel model) {
    return model.values().layout().parameters().stream()
        .filter(model.body()::contains)
        .map(model.values()::read)
        .toList();
  }

  @Test
  void eachWayTrainsWithTheRateThatIsBestForIt() throws IOException {
    NewTasks part = part(130);
    List<Training> choices = choose(part, 2); // the middle one of each three
    assertThat(choices).hasSize(21);
    assertThat(part.then(1)).allMatch(training -> training.arm().rate() == 1e-3);
  }

  @Test
  void tooFewImagesAreRefused() {
    assertThatThrownBy(() -> part(119))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected at least 120 images to train on, got 119");
  }

  private Results results;

  private NewTasks part(int images) throws IOException {
    results = Results.open(folder.resolve("results.csv"), "# --steps 36");
    return new NewTasks(pretrained, new Plain(images), new Plain(5), 6, results);
  }

  /** Has the figures of the choice such that one of three rates, counted from 1, is best. */
  private List<Training> choose(NewTasks part, int best) throws IOException {
    List<Training> first = part.first(SEEDS);
    int rate = 0;
    for (Training training : first) {
      if (training.steps() == 0) {
        continue;
      }
      rate = rate % 3 + 1;
      Quality quality = new Quality(0, 0, rate == best ? 30 : 20 + rate, 0.5);
      String task = training.start().model().tasks().get(0).name();
      results.add(List.of(new Row(training.arm().name(), 0, 3, 1, "choice " + task, quality)));
    }
    return first;
  }

  private static Set<String> names(ImageSource images) {
    return IntStream.range(0, images.size()).mapToObj(images::name).collect(Collectors.toSet());
  }

  private record Plain(int size) implements ImageSource {
    @Override
    public Image image(int index) {
      return new Image(160, 160, new float[3 * 160 * 160]);
    }
  }
}
