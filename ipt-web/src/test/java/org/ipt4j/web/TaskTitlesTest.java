package org.ipt4j.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskTitlesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "x2; 2; x2; Enlarge ×2",
        "photo-x4; 4; x4+denoise:sigma=0..8+jpeg:quality=40..95; Enlarge ×4 and clean",
        "denoise; 1; denoise:sigma=0..55; Remove noise",
        "denoise30; 1; denoise30; Remove noise",
        "jpeg; 1; jpeg:quality=10..90; Remove JPEG blocks",
        "derain; 1; derain|derain:light; Remove rain",
        "deblur; 1; deblur:motion; Remove blur",
        "old; 1; deblur:gaussian+(denoise:poisson|denoise10)+jpeg; 'Remove blur, noise and JPEG blocks'",
        "night; 1; lowlight; Brighten",
        "holes; 1; inpaint:boxes+denoise5; 'Fill holes, Remove noise'",
        "my-own_task; 1; whatever it is; My own task",
        "anime; 2; unknown; Anime ×2"
      })
  void saysWhatATaskDoes(String name, int scale, String degradation, String title) {
    assertThat(TaskTitles.of(List.of(new Task(name, scale, degradation, ""))))
        .containsExactly(title);
  }

  @Test
  void noTwoAreTheSame() {
    List<Task> tasks =
        List.of(Task.undoing("denoise10"), new Task("x2", 2), Task.undoing("denoise30"));
    assertThat(TaskTitles.of(tasks))
        .containsExactly("Remove noise (denoise10)", "Enlarge ×2", "Remove noise (denoise30)");
  }
}
