package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class TaskOptionTest {
  @Test
  void aTaskHasTheNameItIsGiven() {
    assertThat(tasks("x2,denoise:sigma=0..55,(derain|derain:light)+jpeg:quality=40..95"))
        .containsExactly(
            new Task("x2", 2),
            new Task("denoise:sigma=0..55", 1),
            new Task("(derain|derain:light)+jpeg:quality=40..95", 1));
    assertThat(tasks("denoise=denoise:sigma=0..55,web-x4=x4+jpeg,old=(derain|jpeg:quality=5)+x2"))
        .containsExactly(
            new Task("denoise", 1, "denoise:sigma=0..55", ""),
            new Task("web-x4", 4, "x4+jpeg", ""),
            new Task("old", 2, "(derain|jpeg:quality=5)+x2", ""));
  }

  @Test
  void settingsMayBeSeparatedByCommas() {
    String rain = "derain:light,angle=-5..5,density=.5+jpeg:quality=40..95";
    assertThat(tasks("x2," + rain + ",mine=" + rain + ",dark=lowlight:gamma=2,sigma=0..5,x3"))
        .containsExactly(
            new Task("x2", 2),
            new Task(rain, 1),
            new Task("mine", 1, rain, ""),
            new Task("dark", 1, "lowlight:gamma=2,sigma=0..5", ""),
            new Task("x3", 3));
  }

  /** Each list has commas between its entries and within the tasks' names. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x2=2;derain=3;web=.5",
        "x2=1e+2;web=1e+2;noise=1e-2;x3=-1",
        "deblur:motion,length=3..9=4;x2=2",
        "x2=2;deblur:motion,length=3,angle=5=4;rain=1",
        "rain=2;web=3;lowlight:gamma=2,sigma=0..5=4;derain=3",
        "deblur:motion=2;rain=3;denoise:sigma=3=4",
        "rain=1;derain:angle=0,density=1..2|derain=2;(derain:angle=0,density=1|x2)+jpeg=3;web=4",
        "derain:light,angle=-5..5,density=.5+lowlight:gamma=2,sigma=0..5=3;few levels=2",
      })
  void numbersOfTasksMayBeSeparatedByCommas(String entries) {
    assertThat(entries.replace(';', ',').split(TaskOption.COMMA_OF_NUMBERS))
        .containsExactly(entries.split(";"));
  }

  @Test
  void numbersReachTheTasksTheyAreGiven() {
    Task blur = Task.undoing("deblur:motion,length=3..9");
    Task dark = Task.undoing("lowlight:gamma=2,sigma=0..5");
    Task x2 = new Task("x2", 2);
    String numbers = blur.name() + "=3,x2=2," + dark.name() + "=5";
    TrainerSettings trainer =
        CommandLine.populateCommand(new TrainerSettings(), "--task-batch", numbers);
    assertThat(Stream.of(blur, x2, dark).map(task -> trainer.patches(task, 12).count()))
        .containsExactly(3, 2, 5);
    Pretraining pretraining =
        CommandLine.populateCommand(new Pretraining(), "--task-weight", numbers);
    assertThat(pretraining.plan(List.of(x2, blur, dark), 1).weights())
        .isEqualTo(Map.of(blur, 3.0, x2, 2.0, dark, 5.0));
  }

  @Test
  void whatIsNoDegradationIsSaid() {
    for (String text : List.of("mine=sharpen", "mine=", "=x2", "denoise:sigma", "a=b=x2")) {
      assertThatThrownBy(() -> tasks(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("\n");
    }
    assertThatThrownBy(() -> tasks("mine=sharpen")).hasMessageContaining("x2, x3, x4");
  }

  private static List<Task> tasks(String option) {
    return Stream.of(option.split(TaskOption.COMMA)).map(TaskOption::task).toList();
  }
}
