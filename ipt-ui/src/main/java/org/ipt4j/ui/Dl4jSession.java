package org.ipt4j.ui;

import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.ui.VertxUIServer;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.stats.api.StatsInitializationReport;
import org.deeplearning4j.ui.model.stats.api.StatsReport;
import org.deeplearning4j.ui.model.stats.api.StatsType;
import org.deeplearning4j.ui.model.stats.impl.SbeStatsInitializationReport;
import org.deeplearning4j.ui.model.stats.impl.SbeStatsReport;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.model.IptModel;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.TrainingUi;
import org.nd4j.linalg.factory.Nd4j;

/** Tells DL4J's training UI of a run what a {@code StatsListener} tells it of DL4J's networks. */
final class Dl4jSession implements TrainingUi.Session {
  /** By the ends of their names the overview page knows weights, and draws nothing else. */
  private static final String WEIGHTS = "_W";

  /** After so many steps at the latest the first point comes, whose ranges are those drawn. */
  private static final int MOST_UNSEEN = 100;

  private static final String WORKER = "0";

  private final VertxUIServer server;
  private final StatsStorage storage;
  private final int every;
  private final String session = UUID.randomUUID().toString();
  private final Map<String, SampledValues> ranges = new LinkedHashMap<>();
  private final long started = System.currentTimeMillis();
  private boolean shown;
  private long steps;
  private long images;
  // since the last point
  private double losses;
  private int lossCount;
  private int stepsSince;
  private int imagesSince;
  private double seconds;

  Dl4jSession(VertxUIServer server, StatsStorage storage, IptModel model, int every) {
    this.server = server;
    this.storage = storage;
    this.every = every;
    for (ParameterLayout.Range range : model.values().layout().ranges()) {
      if (range.length() > 0) {
        ranges.put(range.name() + WEIGHTS, new SampledValues(model.values(), range));
      }
    }
    storage.putStaticInfo(introduction(model));
  }

  private StatsInitializationReport introduction(IptModel model) {
    StatsInitializationReport report = new SbeStatsInitializationReport();
    report.reportIDs(session, StatsListener.TYPE_ID, WORKER, started);
    RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
    report.reportSoftwareInfo(
        System.getProperty("os.arch"),
        System.getProperty("os.name"),
        runtime.getVmName(),
        System.getProperty("java.version"),
        runtime.getSpecVersion(),
        Nd4j.getBackend().getClass().getName(),
        model.values().device().precision().name(),
        "",
        session,
        Map.of());
    report.reportHardwareInfo(
        Runtime.getRuntime().availableProcessors(),
        0,
        Runtime.getRuntime().maxMemory(),
        Pointer.maxBytes(),
        null,
        null,
        session);
    report.reportModelInfo(
        IptModel.class.getName(),
        "", // the UI reads configurations of DL4J's networks only
        ranges.keySet().toArray(String[]::new),
        model.config().encoderLayers() + model.config().decoderLayers(),
        model.values().layout().length());
    return report;
  }

  @Override
  public URI address() {
    return URI.create(server.getAddress() + "/train/overview");
  }

  @Override
  public void stepDone(StepReport report) {
    ranges.values().forEach(SampledValues::stepDone);
    steps++;
    images += report.images();
    stepsSince++;
    imagesSince += report.images();
    seconds += report.seconds();
    if (!Double.isNaN(report.loss())) {
      losses += report.loss();
      lossCount++;
    }
    shown |= steps >= MOST_UNSEEN || ranges.values().stream().allMatch(SampledValues::moved);
    if (shown && (report.step() + 1) % every == 0 && lossCount > 0) {
      storage.putUpdate(point(report));
      losses = 0;
      lossCount = 0;
      stepsSince = 0;
      imagesSince = 0;
      seconds = 0;
    }
  }

  private StatsReport point(StepReport step) {
    long now = System.currentTimeMillis();
    StatsReport report = new SbeStatsReport();
    report.reportIDs(session, StatsListener.TYPE_ID, WORKER, now);
    report.reportIterationCount(Math.toIntExact(step.step()));
    report.reportScore(losses / lossCount);
    report.reportPerformance(
        now - started, images, steps, imagesSince / seconds, stepsSince / seconds);
    Runtime runtime = Runtime.getRuntime();
    report.reportMemoryUse(
        runtime.totalMemory() - runtime.freeMemory(),
        runtime.maxMemory(),
        Pointer.totalBytes(),
        Pointer.maxBytes(),
        null,
        null);
    Map<String, Double> rates = new LinkedHashMap<>();
    Map<String, Double> parameters = new LinkedHashMap<>();
    Map<String, Double> updates = new LinkedHashMap<>();
    ranges.forEach(
        (name, values) -> {
          if (values.moved()) {
            rates.put(name, step.learningRate());
            parameters.put(name, values.parameterMagnitude());
            updates.put(name, values.updateMagnitude());
          }
        });
    report.reportLearningRates(rates);
    report.reportMeanMagnitudes(StatsType.Parameters, parameters);
    report.reportMeanMagnitudes(StatsType.Updates, updates);
    return report;
  }

  @Override
  public void close() {
    Dl4jUi.stop();
  }
}
