package org.ipt4j.training;

import java.net.URI;
import java.util.Optional;
import java.util.ServiceLoader;
import org.ipt4j.model.IptModel;

/** A way to watch training in a browser, found on the class path. */
public interface TrainingUi {
  /** A run being watched: a listener to train with. */
  interface Session extends TrainingListener, AutoCloseable {
    /** Where to look. */
    URI address();

    /** Ends it; the address then answers no more. */
    @Override
    void close();
  }

  /**
   * Begins to show a run.
   *
   * @param model whose weights move; they are read after each step
   * @param port of the web server
   * @param every steps from one point of the curves to the next
   */
  Session start(IptModel model, int port, int every);

  /** The one that is on the class path. */
  static Optional<TrainingUi> find() {
    return ServiceLoader.load(TrainingUi.class).findFirst();
  }
}
