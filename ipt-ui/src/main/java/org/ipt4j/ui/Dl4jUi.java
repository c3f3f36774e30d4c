package org.ipt4j.ui;

import org.deeplearning4j.exception.DL4JException;
import org.deeplearning4j.ui.VertxUIServer;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.ipt4j.model.IptModel;
import org.ipt4j.training.TrainingUi;

/**
 * DL4J's training UI: its overview page, with the loss as its score and each range's update ratio,
 * and its system page. Its model page stays empty, for it draws configurations of DL4J's own
 * layers. The web server listens on every network interface and asks for no password.
 */
public final class Dl4jUi implements TrainingUi {
  /** For {@link java.util.ServiceLoader}. */
  public Dl4jUi() {}

  @Override
  public Session start(IptModel model, int port, int every) {
    if (every < 1) {
      throw new IllegalArgumentException("steps between points are positive, got " + every);
    }
    VertxUIServer server = server(port);
    InMemoryStatsStorage storage = new InMemoryStatsStorage();
    server.attach(storage);
    return new Dl4jSession(server, storage, model, every);
  }

  private static VertxUIServer server(int port) {
    try {
      return VertxUIServer.getInstance(port, false, null);
    } catch (DL4JException failure) {
      stop(); // or the next start would be given the server that failed
      throw new IllegalArgumentException(
          "the training UI cannot listen on port " + port + ": is it taken?", failure);
    }
  }

  static void stop() {
    try {
      VertxUIServer.stopInstance();
    } catch (Exception failure) {
      throw new IllegalStateException("the training UI could not be stopped", failure);
    }
  }
}
