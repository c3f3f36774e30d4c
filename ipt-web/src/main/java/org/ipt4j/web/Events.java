package org.ipt4j.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.ipt4j.web.Job.Progress;
import org.ipt4j.web.Job.State;

/**
 * Tells of a job by server-sent events. That writing fails is how the server learns that the one
 * who asked is gone.
 */
final class Events {
  static final String TYPE = "text/event-stream";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long BEAT = 500; // ms
  private static final long BETWEEN = 100; // ms, from one word of progress to the next

  private final OutputStream out;
  private final Job job;

  private Events(OutputStream out, Job job) {
    this.out = out;
    this.job = job;
  }

  /**
   * Sends all there is to tell.
   *
   * @param kept how long a restored image waits to be taken
   * @throws IOException if nobody listens any more
   */
  static void send(HttpExchange exchange, Job job, Duration kept)
      throws IOException, InterruptedException {
    exchange.getResponseHeaders().set("Content-Type", TYPE + "; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      new Events(out, job).send();
    }
    // a browser has few connections to a host, and may need this one to take the image
    if (job.progress().state() == State.RESTORED) {
      job.awaitTaken(kept.toMillis());
    }
  }

  private void send() throws IOException, InterruptedException {
    event("queued", Map.of("image", "restore/" + job.id()));
    Progress last = job.progress();
    while (!last.isOver()) {
      Progress next = job.awaitChange(last, BEAT);
      if (next.tiles() > 0 && next != last && !next.isOver()) {
        event("progress", new TreeMap<>(Map.of("done", next.done(), "total", next.tiles())));
        Thread.sleep(BETWEEN);
      } else {
        beat();
      }
      last = next;
    }
    if (last.state() == State.RESTORED) {
      event(
          "restored",
          new TreeMap<>(
              Map.of(
                  "image", "restore/" + job.id(),
                  "height", last.size().height(),
                  "width", last.size().width())));
    } else if (last.state() == State.FAILED) {
      Refusal failure = last.failure();
      event(
          "failed",
          new TreeMap<>(Map.of("status", failure.status(), "message", failure.getMessage())));
    } else {
      event("cancelled", Map.of());
    }
  }

  private void event(String name, Map<String, ?> data) throws IOException {
    write("event: " + name + "\ndata: " + JSON.writeValueAsString(data) + "\n\n");
  }

  // a comment
  private void beat() throws IOException {
    write(":\n\n");
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.flush();
  }
}
