package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskNamesTest {
  private static final List<Task> TASKS =
      List.of(
          new Task("x2", 2),
          new Task("noise", 1, "denoise:sigma=0..55", "grainy"),
          new Task("jpeg:quality=10..60", 1),
          new Task("jpeg:quality=5..95", 1),
          new Task("rain", 1, "derain|derain:light", ""),
          new Task("photo", 2, "x2+denoise:sigma=0..8+jpeg:quality=40..95", ""),
          new Task("blur", 1, "deblur:motion,length=10", ""),
          new Task("scratches", 1));

  @ParameterizedTest
  @CsvSource({
    "x2, x2, x2", // its name
    "noise, noise, denoise:sigma=0..55",
    "denoise:sigma=0..55, noise, denoise:sigma=0..55", // what it undoes
    "denoise, noise, denoise:sigma=0..55", // the only one of its kind
    "derain, rain, derain|derain:light",
    "deblur:motion, blur, 'deblur:motion,length=10'",
    "denoise30, noise, denoise30", // within a range
    "denoise:sigma=30, noise, denoise30",
    "denoise:sigma=10..20, noise, denoise:sigma=10..20",
    "derain:light, rain, derain:light",
    "jpeg:quality=10, jpeg:quality=10..60, jpeg:quality=10", // the narrowest
    "jpeg:quality=90, jpeg:quality=5..95, jpeg:quality=90",
    "x2+denoise5+jpeg:quality=60, photo, x2+denoise5+jpeg:quality=60",
    "scratches, scratches, scratches",
  })
  void findsTheTaskThatIsMeant(String asked, String name, String degradation) {
    Task found = TaskNames.find(TASKS, asked);

    assertThat(found.name()).isEqualTo(name);
    assertThat(found.degradation()).isEqualTo(degradation);
  }

  @ParameterizedTest
  @CsvSource({"denoise60", "denoise:poisson", "derain:heavy", "x3", "photos", "x2+denoise9", "''"})
  void refusesWhatNoTaskIsFor(String asked) {
    assertThatThrownBy(() -> TaskNames.find(TASKS, asked))
        .hasMessageContaining("no task " + asked)
        .hasMessageContaining("x2, noise, jpeg:quality=10..60");
  }

  @Test
  void takesNoneOfSeveralOfAKind() {
    List<Task> two = List.of(new Task("denoise15", 1), new Task("denoise50", 1));

    assertThatThrownBy(() -> TaskNames.find(two, "denoise")).hasMessageContaining("denoise15");
    assertThat(TaskNames.find(two, "denoise:sigma=50").name()).isEqualTo("denoise50");
  }
}
