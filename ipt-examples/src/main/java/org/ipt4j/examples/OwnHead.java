package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ipt4j.core.Conv;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Ops;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Variable;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.nd4j.linalg.learning.config.Adam;

/** Trains a model whose heads are of one's own: {@code OwnHead photos own.safetensors 500}. */
public final class OwnHead {
  private OwnHead() {}

  /** Takes the folder of photographs, where the model goes, and how many steps. */
  public static void main(String[] args) throws IOException {
    Arguments.check(args, "PHOTOGRAPHS", "MODEL", "STEPS");
    List<Task> tasks = List.of(Task.undoing("denoise30"));
    TaskLayers plain =
        new TaskLayers() {
          @Override
          public Layer head(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            int features = config.features();
            Conv colours = Conv.of(layout, name + ".colours", 3, features, 5);
            Conv details = Conv.of(layout, name + ".details", features, features, 3);
            return (tape, x) -> {
              Variable y = Ops.relu(tape, colours.forward(tape, x)); // [N,C,H,W]
              return Ops.add(tape, y, details.forward(tape, y));
            };
          }
        };
    IptModel own = IptModel.create(IptConfig.preset("tiny"), tasks, plain, 1);
    BatchSource batches =
        BatchSource.degrading(
            ImageSource.open(Path.of(args[0])), tasks, new PatchOptions(16, 48, 1));
    TrainingPlan plan = TrainingPlan.equally(1, tasks, Contrastive.none());
    new Trainer(own, plan, batches, new Adam(5e-4))
        .trainTo(Long.parseLong(args[2]), 1, new LossLog(100));
    own.save(Path.of(args[1]), Map.of());
    IptModel again = ModelFile.load(Path.of(args[1]), plain); // by the layers it was made with
    System.out.printf("%d parameters%n", again.values().layout().length());
  }
}
