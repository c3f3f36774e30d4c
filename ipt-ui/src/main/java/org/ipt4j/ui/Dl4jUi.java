package org.ipt4j.ui;

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
    VertxUIServer server = VertxUIServer.getInstance(port, false, null);
    InMemoryStatsStorage storage = new InMemoryStatsStorage();
    server.attach(storage);
    return new Dl4jSession(server, storage, model, every);
  }
}
