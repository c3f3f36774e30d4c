package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;

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
