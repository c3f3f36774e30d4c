package org.ipt4j.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.ipt4j.web.Client.png;
import static org.ipt4j.web.Client.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the server answers, keeps and forgets. */
class WebServerTest {
  private static final WebLimits LIMITS =
      new WebLimits(2_000_000, 1_000_000, 3_000_000, 16, Duration.ofSeconds(20));
  private static final Image SMALL = new DeadLeaves(1, 1, 40, 50).image(0);

  /** Takes some seconds. */
  private static final byte[] LARGE = png(new DeadLeaves(2, 1, 600, 600).image(0));

  private static IptModel model;

  private WebServer server;
  private Client client;
  private Path folder;

  @BeforeAll
  static void make() {
    model =
        IptModel.create(
            IptConfig.preset("nano"), List.of(new Task("x2", 2), Task.undoing("denoise30")), 1);
  }

  @BeforeEach
  void start() throws IOException {
    server = WebServer.start(model, 0, LIMITS);
    client = new Client(server.address());
    folder = server.leadingFile().getParent();
  }

  @AfterEach
  void stop() {
    server.close();
    assertThat(folder).doesNotExist();
  }

  @Test
  void anImageComesBackRestored() throws Exception {
    HttpResponse<byte[]> response = client.post("restore?task=x2", png(SMALL));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).contains("image/png");
    assertThat(image(response))
        .isEqualTo(new ImageRestorer(model).restore(model.task("x2"), SMALL));
    assertNothingIsKept();
  }

  @Test
  void aPartOfItAlone() throws Exception {
    HttpResponse<byte[]> response = client.post("restore?crop=3,5,20,16&task=x2", png(SMALL));

    assertThat(image(response))
        .isEqualTo(new ImageRestorer(model).restore(model.task("x2"), SMALL.crop(5, 3, 16, 20)));
  }

  private static Image image(HttpResponse<byte[]> response) throws IOException {
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return ImageFiles.read(new ByteArrayInputStream(response.body()), "answer");
  }

  private void assertNothingIsKept() throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    List<String> files = files();
    while (!files.equals(List.of("open.html")) && System.nanoTime() < end) {
      Thread.sleep(20);
      files = files();
    }
    assertThat(files).containsExactly("open.html");
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void progressIsToldByEvents() throws Exception {
    String image = null;
    List<String> names = new ArrayList<>();
    int last = 0;
    try (Stream<String> lines = client.events("restore?task=denoise30", LARGE).body()) {
      for (Iterator<String> i = lines.iterator(); i.hasNext(); ) {
        String line = i.next();
        if (!line.startsWith("event: ")) {
          continue;
        }
        String name = line.substring(7);
        JsonNode data = new ObjectMapper().readTree(i.next().substring(6));
        if (names.isEmpty() || !names.get(names.size() - 1).equals(name)) {
          names.add(name);
        }
        if (name.equals("progress")) {
          assertThat(data.get("done").asInt()).isGreaterThan(last);
          last = data.get("done").asInt();
          assertThat(last).isLessThanOrEqualTo(data.get("total").asInt());
        } else if (name.equals("restored")) {
          assertThat(data.get("width").asInt()).isEqualTo(600);
          image = data.get("image").asText();
          assertThat(image(client.get(image)).width()).isEqualTo(600);
        }
      }
    }
    assertThat(names).containsExactly("queued", "progress", "restored");
    assertThat(client.get(image).statusCode()).as("taken once").isEqualTo(404);
    assertNothingIsKept();
  }

  @Test
  void cancellingStops() throws Exception {
    try (Stream<String> lines = client.events("restore?task=x2", LARGE).body()) {
      Iterator<String> i = lines.iterator();
      String image = new ObjectMapper().readTree(after(i, "queued")).get("image").asText();
      assertThat(client.get(image).statusCode()).as("too early").isEqualTo(409);
      after(i, "progress");
      assertThat(client.delete(image).statusCode()).isEqualTo(204);
      after(i, "cancelled");
    }
    assertNothingIsKept();
  }

  @Test
  void goingAwayStops() throws Exception {
    try (Stream<String> lines = client.events("restore?task=x2", LARGE).body()) {
      after(lines.iterator(), "progress");
    }
    assertNothingIsKept();
    assertThat(client.post("restore?task=x2", png(SMALL)).statusCode()).isEqualTo(200);
  }

  /** Who waits for the image itself is told nothing meanwhile, and so never written to. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void goingAwayWithoutAWordStops() throws Exception {
    try (Socket socket = client.connect()) {
      socket
          .getOutputStream()
          .write(
              client
                  .filled(
                      "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: "
                          + LARGE.length
                          + "||")
                  .getBytes(UTF_8));
      socket.getOutputStream().write(LARGE);
      while (files().size() < 3) { // the upload, and what is being written
        Thread.sleep(5);
      }
    }
    long start = System.nanoTime();
    assertNothingIsKept();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  /** As if others held a card's memory, at the start or always. */
  @ParameterizedTest
  @CsvSource({"1, 200", "1000000, 500"})
  @Timeout(60)
  void memoryThatIsOutLeavesNobodyWaiting(int times, int status) throws Exception {
    AtomicInteger failures = new AtomicInteger(times);
    TaskLayers failing =
        new TaskLayers() {
          @Override
          public Layer head(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            Layer head = TaskLayers.super.head(layout, name, config, task);
            return (tape, image) -> {
              if (failures.getAndDecrement() > 0) {
                throw new OutOfMemoryError("the card is full");
              }
              return head.forward(tape, image);
            };
          }
        };
    IptModel full = IptModel.create(IptConfig.preset("nano"), model.tasks(), failing, 1);
    try (WebServer other = WebServer.start(full, 0, LIMITS)) {
      while (failures.get() == times) { // until it has warmed up
        Thread.sleep(5);
      }
      for (int image = 0; image < 2; image++) {
        assertThat(new Client(other.address()).post("restore?task=x2", png(SMALL)).statusCode())
            .isEqualTo(status);
      }
    }
  }

  private static String after(Iterator<String> lines, String event) {
    while (!lines.next().equals("event: " + event)) {}
    return lines.next().substring(6);
  }

  @Test
  void aPreviewDoesNotWaitForAWholeImage() throws Exception {
    try (Stream<String> lines = client.events("restore?task=x2", LARGE).body()) {
      Iterator<String> i = lines.iterator();
      String image = new ObjectMapper().readTree(after(i, "queued")).get("image").asText();
      after(i, "progress");
      assertThat(client.post("restore?task=denoise30&crop=0,0,20,20", LARGE).statusCode())
          .isEqualTo(200);
      assertThat(client.get(image).statusCode()).as("still at work").isEqualTo(409);
      assertThat(image(client.get(imageOf(after(i, "restored")))).width()).isEqualTo(1200);
    }
  }

  private static String imageOf(String data) throws IOException {
    return new ObjectMapper().readTree(data).get("image").asText();
  }

  @Test
  void refusedFilesGetOneLine() throws Exception {
    assertRefused(
        422, "not an image of a known format", "restore?task=x2", "no image".getBytes(UTF_8));
    assertRefused(400, "expected an image's bytes as the body, got nothing", "restore?task=x2");
    byte[] cut = Arrays.copyOf(png(SMALL), 200);
    HttpResponse<byte[]> damaged = client.post("restore?task=x2", cut);
    assertThat(damaged.statusCode()).isEqualTo(422);
    assertThat(text(damaged)).hasLineCount(1).contains("PNG").doesNotContain(folder.toString());
    assertRefused(
        422,
        "declares 1001×1000 pixels (height×width), the limit is 1000000 in all",
        "restore?task=denoise30",
        png(flat(1001, 1000)));
    assertRefused(
        422,
        "would become 1800×1800 pixels (height×width), the limit is 3000000 in all",
        "restore?task=x2",
        png(flat(900, 900)));
    assertRefused(
        422,
        "has 1×30001 pixels (height×width), the limit is 30000 a side",
        "restore?task=denoise30",
        png(flat(1, 30_001)));
    assertRefused(
        400,
        "a crop lies within the image's 40×50 pixels (height×width), got 8×8 from (0, 44) on",
        "restore?task=x2&crop=44,0,8,8",
        png(SMALL));
    assertRefused(
        413,
        "expected a file of at most 2000000 bytes, got a longer one",
        "restore?task=x2",
        new byte[2_000_001]);
    try (Stream<String> lines = client.events("restore?task=x2", new byte[5]).body()) {
      assertThat(after(lines.iterator(), "failed"))
          .isEqualTo("{\"message\":\"not an image of a known format\",\"status\":422}");
    }
    assertNothingIsKept();
  }

  private static Image flat(int height, int width) {
    return new Image(height, width, new float[3 * height * width]);
  }

  private void assertRefused(int status, String line, String path, byte... body) throws Exception {
    HttpResponse<byte[]> response = client.post(path, body);
    assertThat(text(response)).isEqualTo(line + "\n");
    assertThat(response.statusCode()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "restore; 400; 'expected ?task=NAME, one of x2, denoise30'",
        "restore?task=x9; 400; 'the model has no task x9; it has x2, denoise30'",
        "restore?task=x2&task=x2; 400; 'expected task and perhaps crop, once each, got task'",
        "restore?task=x2&format=gif; 400; 'expected task and perhaps crop, once each, got format'",
        "restore?task=%zz; 400; expected a query in URL encoding",
        "restore?task=x2&crop=1,2,3; 400; 'expected crop=x,y,width,height in pixels, got 1,2,3'",
        "restore?task=x2&crop=-1,2,3,4; 400; 'expected crop=x,y,width,height in pixels, got -1,2,3,4'",
        "tasks; 405; 'expected GET, got POST'",
        "restore/0; 404; 'no such image: it was taken, cancelled, or never asked for'",
        "nothing; 404; no such page"
      })
  void badRequestsGetOneLine(String path, int status, String line) throws Exception {
    String raw = path.contains("%zz") ? "restore?task=%zz" : null;
    if (raw != null) {
      // Java's client sends no such address
      assertThat(client.raw("POST /TOKEN/" + raw + " HTTP/1.1|Host: HOST|Content-Length: 0||"))
          .contains("400 ");
      return;
    }
    assertRefused(status, line, path, (byte) 1);
  }

  @Test
  void aFormIsNoImage() throws Exception {
    HttpResponse<byte[]> response =
        client.post("restore?task=x2", new byte[9], "Content-Type", "multipart/form-data");
    assertThat(response.statusCode()).isEqualTo(415);
  }

  @Test
  void tasksAreToldWithTitlesAndLimits() throws Exception {
    JsonNode told = new ObjectMapper().readTree(client.get("tasks").body());
    assertThat(told.get("tasks").get(0).toString())
        .isEqualTo("{\"name\":\"x2\",\"title\":\"Enlarge ×2\",\"use\":\"\",\"scale\":2}");
    assertThat(told.get("maxBytes").asLong()).isEqualTo(2_000_000);
    assertThat(told.get("maxPixels").asLong()).isEqualTo(1_000_000);
    assertThat(told.get("maxRestoredPixels").asLong()).isEqualTo(3_000_000);
  }

  /** Each either served in full or told when to come again. */
  @Test
  void twoHundredAtOnceAreServedOrRefusedPolitely() throws Exception {
    byte[] image = png(new DeadLeaves(3, 1, 200, 200).image(0));
    ExecutorService clients = Executors.newFixedThreadPool(200);
    List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        answers.add(clients.submit(() -> client.post("restore?task=x2", image)));
      }
      int restored = 0;
      for (Future<HttpResponse<byte[]>> answer : answers) {
        HttpResponse<byte[]> response = answer.get();
        if (response.statusCode() == 200) {
          assertThat(image(response).width()).isEqualTo(400);
          restored++;
        } else {
          assertThat(response.statusCode()).isEqualTo(503);
          assertThat(response.headers().firstValue("Retry-After")).contains("5");
          assertThat(text(response))
              .isEqualTo("the queue is full: 16 images wait already; try again in a few seconds\n");
        }
      }
      System.out.println("WebServerTest: " + restored + " of 200 at once were restored");
      assertThat(restored).isBetween(17, 199);
    } finally {
      clients.shutdownNow();
    }
    assertNothingIsKept();
  }

  @Test
  void closingEndsWhatIsAtWork() throws Exception {
    try (Stream<String> lines = client.events("restore?task=x2", LARGE).body()) {
      after(lines.iterator(), "progress");
      long start = System.nanoTime();
      server.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(9));
      assertThat(folder).doesNotExist();
    }
    folder = Files.createTempDirectory("ipt-web-test-");
    Files.delete(folder);
    server = WebServer.start(model, 0, LIMITS);
    folder = server.leadingFile().getParent();
  }
}
