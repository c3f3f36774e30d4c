package org.ipt4j.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingUi;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Sgd;

class Dl4jUiTest {
  private static final List<Task> TASKS = List.of(new Task("x2", 2), new Task("denoise30", 1));
  private static final double RATE = 1e-3;
  private static final int STEPS = 24;

  @Test
  void theOverviewShowsLossAndUpdateRatios() throws Exception {
    IptModel model = IptModel.create(IptConfig.preset("nano"), TASKS, 1);
    TrainingPlan plan =
        TrainingPlan.equally(5, TASKS, Contrastive.ownBatches(ContrastiveForm.PAPER, 4, 0.1));
    BatchSource batches =
        BatchSource.degrading(
            new DeadLeaves(1, 5, 64, 64), TASKS, new PatchOptions(2, 12, 1));
    Trainer trainer = new Trainer(model, plan, batches, new Sgd(RATE));
    List<StepReport> reports = new ArrayList<>();
    TrainingListener keep = reports::add;
    URI address;
    try (TrainingUi.Session session = TrainingUi.find().orElseThrow().start(model, freePort(), 4)) {
      address = session.address();
      assertThat(get(address)).contains("updateRatioChart");
      trainer.trainTo(STEPS, 1, TrainingListener.all(List.of(keep, session)));

      JsonNode data = data(address);
      assertThat(data.get("scoresIter")).extracting(JsonNode::asInt).endsWith(19, 23);
      double last =
          reports.subList(20, 24).stream()
              .mapToDouble(StepReport::loss)
              .filter(loss -> !Double.isNaN(loss))
              .average()
              .orElseThrow();
      JsonNode scores = data.get("scores");
      assertThat(scores.get(scores.size() - 1).asDouble()).isCloseTo(last, within(1e-9));
      assertThat(data.get("model").toString())
          .contains("IptModel", Long.toString(model.values().layout().length()));
      JsonNode ratios = data.get("updateRatios");
      assertThat(ratios.fieldNames())
          .toIterable()
          .contains("body_W", "x2_W")
          .hasSameSizeAs(model.values().layout().ranges());
      ratios.forEach(
          range -> {
            assertThat(range).hasSameSizeAs(scores);
            assertThat(range).allSatisfy(r -> assertThat(r.asDouble()).isBetween(1e-9, 1.0));
          });
      assertThat(get(address.resolve("/train/system/data"))).contains("values");
      assertThat(get(address.resolve("/train/model/graph"))).isEmpty();
    }
    assertThatThrownBy(() -> get(address)).isInstanceOf(ConnectException.class);
  }

  @Test
  void aTakenPortIsSaid() throws IOException {
    IptModel model = IptModel.create(IptConfig.preset("nano"), TASKS, 1);
    try (ServerSocket taken = new ServerSocket(0)) {
      assertThatThrownBy(() -> new Dl4jUi().start(model, taken.getLocalPort(), 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cannot listen on port " + taken.getLocalPort());
    }
  }

  private static JsonNode data(URI address) throws IOException, InterruptedException {
    JsonNode data = null;
    for (int attempt = 0; attempt < 50; attempt++) { // the server takes events up now and then
      data = new ObjectMapper().readTree(get(address.resolve("/train/overview/data")));
      if (data.get("scores").size() > 0) {
        break;
      }
      Thread.sleep(100);
    }
    return data;
  }

  private static String get(URI address) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
        .body();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
