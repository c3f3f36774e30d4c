package org.ipt4j.web;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import org.ipt4j.model.IptModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers every request. */
final class Site implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Site.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String IMAGES = "/restore/";
  private static final Set<String> PARAMETERS = Set.of("task", "crop");
  private static final Duration WHILE_REFUSED = Duration.ofSeconds(10);
  private static final long LOOK = 500; // ms
  private static final int PIECE = 1 << 16;

  private final IptModel model;
  private final WebLimits limits;
  private final Guard guard;
  private final RestoringQueue queue;
  private final ScheduledExecutorService clock;
  private final Map<String, Page.Resource> page;

  Site(
      IptModel model,
      WebLimits limits,
      Guard guard,
      RestoringQueue queue,
      ScheduledExecutorService clock)
      throws IOException {
    this.model = model;
    this.limits = limits;
    this.guard = guard;
    this.queue = queue;
    this.clock = clock;
    page = Page.resources();
  }

  @Override
  public void handle(HttpExchange exchange) {
    try (exchange) {
      Answers.protect(exchange);
      try {
        String path = guard.admit(exchange);
        try {
          answer(exchange, path);
        } catch (Refusal refusal) {
          refuse(exchange, refusal, limits.bytes());
        }
      } catch (Refusal stranger) {
        refuse(exchange, stranger, 0);
      }
    } catch (IOException gone) {
      LOG.debug("a client went away", gone);
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error failure) {
      LOG.error("a request was not answered", failure);
    }
  }

  private void refuse(HttpExchange exchange, Refusal refusal, long rest) throws IOException {
    Duration time =
        WHILE_REFUSED.compareTo(limits.transfer()) < 0 ? WHILE_REFUSED : limits.transfer();
    try (Deadline deadline = new Deadline(clock, time)) {
      Answers.send(exchange, refusal, rest);
    }
  }

  private void answer(HttpExchange exchange, String path)
      throws IOException, InterruptedException, Refusal {
    if (path.equals("/restore")) {
      method(exchange, "POST");
      restore(exchange);
    } else if (path.startsWith(IMAGES)) {
      Job job = queue.job(path.substring(IMAGES.length()));
      if (method(exchange, "GET", "DELETE").equals("GET")) {
        give(exchange, job);
      } else {
        job.cancel();
        exchange.sendResponseHeaders(204, -1);
      }
    } else {
      Page.Resource resource = path.equals("/tasks") ? tasks() : page.get(path);
      if (resource == null && !path.isEmpty()) {
        throw new Refusal(404, "no such page");
      }
      method(exchange, "GET");
      if (path.isEmpty()) { // relative addresses need the slash
        exchange.getResponseHeaders().set("Location", "/" + guard.token() + "/");
        exchange.sendResponseHeaders(308, -1);
        return;
      }
      try (Deadline deadline = new Deadline(clock, limits.transfer())) {
        Answers.send(exchange, resource.type(), resource.content());
      }
    }
  }

  private static String method(HttpExchange exchange, String... allowed) throws Refusal {
    String method = exchange.getRequestMethod();
    if (!List.of(allowed).contains(method)) {
      String list = String.join(", ", allowed);
      throw new Refusal(405, "expected " + list + ", got " + method, Map.of("Allow", list));
    }
    return method;
  }

  private Page.Resource tasks() throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("tasks", TaskTitles.described(model.tasks()));
    all.put("maxBytes", limits.bytes());
    all.put("maxPixels", limits.pixels());
    all.put("maxRestoredPixels", limits.restoredPixels());
    return new Page.Resource("application/json", JSON.writeValueAsBytes(all));
  }

  private void restore(HttpExchange exchange) throws IOException, InterruptedException, Refusal {
    Order order = Order.of(query(exchange), model);
    long declared = declared(exchange);
    try (RestoringQueue.Place place = queue.admit(order)) {
      Job job = place.job();
      receive(exchange.getRequestBody(), declared, job.upload());
      place.enter();
      String accepted = exchange.getRequestHeaders().getFirst("Accept");
      if (accepted != null && accepted.contains(Events.TYPE)) {
        Events.send(exchange, job, limits.transfer());
      } else {
        give(exchange, ended(exchange, job));
      }
    }
  }

  private static Job ended(HttpExchange exchange, Job job)
      throws IOException, InterruptedException, Refusal {
    Peer peer = new Peer(exchange);
    Job.Progress progress = job.progress();
    while (!progress.isOver()) {
      if (peer.isGone()) {
        throw new IOException("the one who asked is gone");
      }
      progress = job.awaitChange(progress, LOOK);
    }
    if (progress.state() == Job.State.FAILED) {
      throw progress.failure();
    }
    return job;
  }

  private void give(HttpExchange exchange, Job job) throws IOException, Refusal {
    if (job.progress().state() != Job.State.RESTORED) {
      throw new Refusal(409, "the image is not restored, or not yet");
    }
    try (Deadline deadline = new Deadline(clock, limits.transfer())) {
      Answers.send(exchange, "image/png", job.restored());
    }
    job.taken();
  }

  private static Map<String, String> query(HttpExchange exchange) throws Refusal {
    Map<String, String> query = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      try {
        String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        if (!PARAMETERS.contains(name) || query.put(name, value) != null) {
          throw new Refusal(400, "expected task and perhaps crop, once each, got " + name);
        }
      } catch (IllegalArgumentException undecodable) {
        throw new Refusal(400, "expected a query in URL encoding");
      }
    }
    return query;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /** How long the body says it is; −1 if it does not say. */
  private long declared(HttpExchange exchange) throws Refusal {
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    if (type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/")) {
      throw new Refusal(415, "expected the image's bytes alone as the body, got a form");
    }
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    long declared = length == null || !length.matches("\\d{1,18}") ? -1 : Long.parseLong(length);
    if (declared > limits.bytes()) {
      throw tooLong();
    }
    return declared;
  }

  private Refusal tooLong() {
    return new Refusal(
        413, "expected a file of at most " + limits.bytes() + " bytes, got a longer one");
  }

  private static void keep(OutputStream out, byte[] piece, int length) throws Refusal {
    try {
      out.write(piece, 0, length);
    } catch (IOException full) {
      LOG.error("an upload could not be kept", full);
      throw new Refusal(500, "the upload could not be kept; the server's log says why");
    }
  }

  private void receive(InputStream body, long declared, Path file) throws IOException, Refusal {
    long length = 0;
    try (Deadline deadline = new Deadline(clock, limits.transfer());
        OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
      byte[] piece = new byte[PIECE];
      for (int n = body.read(piece); n >= 0; n = body.read(piece)) {
        length += n;
        if (length > limits.bytes()) {
          throw tooLong();
        }
        keep(out, piece, n);
      }
    } catch (IndexOutOfBoundsException endless) { // what the JDK makes of a chunk of 2^31 bytes
      throw new IOException(endless);
    }
    if (length < declared) {
      throw new Refusal(400, "the upload ended after " + length + " of " + declared + " bytes");
    }
    if (length == 0) {
      throw new Refusal(400, "expected an image's bytes as the body, got nothing");
    }
  }
}
