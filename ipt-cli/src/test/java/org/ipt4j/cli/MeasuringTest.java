package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.ipt4j.cli.CommandRun.Outcome;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The commands evaluate and compare, from folders to tables and page. */
class MeasuringTest {
  @TempDir Path folder;
  private String model;

  @BeforeEach
  void anUntrainedModel() throws IOException {
    // with an input residual: bicubic enlargement and the identity
    Path file = folder.resolve("nano.safetensors");
    List<Task> tasks = List.of(new Task("x2", 2), new Task("denoise30", 1), new Task("derain", 1));
    IptModel.create(IptConfig.preset("nano"), tasks, 1).save(file, Map.of());
    model = file.toString();
  }

  private Image write(String name, int height, int width) throws IOException {
    Image image = new DeadLeaves(name.hashCode(), 1, height, width).image(0).quantised();
    ImageFiles.write(image, folder.resolve(name));
    return image;
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private Outcome evaluate(String task, String data, String... more) {
    return CommandRun.run(
        Evaluate.class,
        CommandRun.with(
            new String[] {"--model", model, "--task", task, "--data", path(data)}, more));
  }

  @Test
  void aTaskThatLearnedFromPairsIsMeasuredOnPairs() throws IOException {
    write("photos/a.png", 30, 40);
    write("input/a.png", 30, 40);
    Path own = folder.resolve("own.safetensors");
    IptModel.create(IptConfig.preset("nano"), List.of(new Task("mine", 1)), 1).save(own, Map.of());
    model = own.toString();

    assertThat(evaluate("mine", "photos").err().lines())
        .containsExactly(
            "task mine learned from pairs, and its name does not say how images are degraded:"
                + " expected --degraded DIR beside --data, or --degradation");
    Outcome measured = evaluate("mine", "photos", "--degraded", path("input"));
    assertThat(measured.code()).as(measured.err()).isZero();
  }

  @Test
  void figuresAreWrittenInEveryFormat() throws IOException {
    Image a = write("photos/a,|.png", 30, 41);
    write("photos/b.png", 33, 30);
    String[] files = {path("out/r.csv"), path("out/r.json"), path("out/r.md")};
    Outcome outcome = evaluate("x2", "photos", "-o", files[0], "-o", files[1], "-o", files[2]);
    assertThat(outcome.code()).as(outcome.err()).isZero();

    Image bicubic = Bicubic.enlarge(Bicubic.shrink(a, 2), 2);
    Quality expected = Quality.of(bicubic, a.crop(0, 0, 30, 40), 2);
    List<CSVRecord> lines =
        CSVFormat.RFC4180
            .builder()
            .setCommentMarker('#')
            .setHeader()
            .setSkipHeaderRecord(true)
            .build()
            .parse(Files.newBufferedReader(Path.of(files[0])))
            .getRecords();
    assertThat(Files.readAllLines(Path.of(files[0])))
        .startsWith(
            "# Degraded images of photos: made here of the clean images: x2, seed 1,"
                + " clipped and rounded to 8 bits.");
    assertThat(lines).hasSize(6); // two images and their mean, bicubic and model
    assertThat(lines.get(0).get("image")).isEqualTo("a,|.png");
    assertThat(lines.get(0).get("by")).isEqualTo("bicubic");
    assertThat(lines.get(1).get("by")).isEqualTo("nano");
    assertThat(lines.get(0).get("psnr_y")).isEqualTo(String.valueOf(expected.psnrY()));
    assertThat(lines.get(0).get("ssim_rgb")).isEqualTo(String.valueOf(expected.ssimRgb()));
    assertThat(lines.get(4).get("image")).isEqualTo("mean");
    assertThat(Double.parseDouble(lines.get(4).get("psnr_rgb")))
        .isCloseTo(
            (expected.psnrRgb() + Double.parseDouble(lines.get(2).get("psnr_rgb"))) / 2,
            within(1e-9));

    JsonNode json = new ObjectMapper().readTree(Path.of(files[1]).toFile());
    assertThat(json.at("/task").asText()).isEqualTo("x2");
    assertThat(json.at("/contenders/0").has("file")).isFalse();
    assertThat(json.at("/contenders/1/file").asText()).isEqualTo(model);
    assertThat(json.at("/contenders/1/sha256").asText()).matches("[0-9a-f]{64}");
    assertThat(json.at("/protocol")).hasSize(Evaluation.protocol(2).size());
    assertThat(json.at("/tables/0/data").asText()).isEqualTo("photos");
    assertThat(json.at("/tables/0/images/0/qualities/0/ssimY").asDouble())
        .isEqualTo(expected.ssimY());
    assertThat(json.at("/tables/0/means")).hasSize(2);

    String markdown = Files.readString(Path.of(files[2]));
    assertThat(outcome.out()).as("what is written is what is printed").startsWith(markdown);
    assertThat(markdown)
        .contains("| image    | ")
        .contains("a,\\|.png |")
        .contains("2 pixels (the scale) are cut")
        .contains("x2, seed 1")
        .contains("SHA-256");
    List<String> table = markdown.lines().filter(line -> line.startsWith("|")).toList();
    assertThat(table).hasSize(5).extracting(String::length).containsOnly(table.get(0).length());
  }

  @Test
  void equalImagesAreInfinitelyNear() throws IOException {
    Image a = write("rain/a.png", 20, 20);
    ImageFiles.write(a, folder.resolve("norain/a.png"));
    Outcome outcome = evaluate("derain", "", "-o", path("r.csv"), "-o", path("r.json"));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("∞ / 1.0000");
    assertThat(Files.readString(folder.resolve("r.csv"))).contains("a.png,input,Infinity,");
    assertThat(Files.readString(folder.resolve("r.json"))).contains("\"Infinity\"");
  }

  @Test
  void anImageRestoredExactlyIsLeftOutOfTheMean() throws IOException {
    write("photos/a.png", 30, 41);
    ImageFiles.write(new Image(24, 24, new float[3 * 24 * 24]), folder.resolve("photos/flat.png"));
    String[] files = {path("r.csv"), path("r.json"), path("r.html")};
    Outcome outcome =
        evaluate("x2", "photos", "-o", files[0], "-o", files[1], "--report", files[2]);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    String sentence =
        "photos, bicubic: the mean PSNR is that of 1 of 2 images, without flat.png (∞)";
    List<String> table = outcome.out().lines().filter(line -> line.startsWith("|")).toList();
    assertThat(table.get(3)).startsWith("| flat.png").contains("∞ / 1.0000");
    String psnr = table.get(2).replaceAll("^\\| a.png +\\| +([0-9.]+) /.*", "$1");
    assertThat(table.get(4)).matches("\\| mean +\\| +" + psnr + " /.*").doesNotContain("∞");
    assertThat(outcome.out()).contains("- " + sentence + ".");
    List<String> csv = Files.readAllLines(Path.of(files[0]));
    assertThat(csv).contains("# " + sentence + ".");
    assertThat(csv).anyMatch(line -> line.startsWith("photos,flat.png,bicubic,Infinity"));
    assertThat(csv).noneMatch(line -> line.contains(",mean,") && line.contains("Infinity"));
    JsonNode json = new ObjectMapper().readTree(Path.of(files[1]).toFile());
    assertThat(json.at("/tables/0/leftOut/0").asText()).isEqualTo(sentence);
    assertThat(json.at("/tables/0/means/0/psnrY").isNumber()).isTrue();
    JsonNode page = pageData(Files.readString(Path.of(files[2])));
    assertThat(page.at("/results/tables/0/leftOut/0").asText()).isEqualTo(sentence);
  }

  @Test
  void layoutsThatAreNotKnownAreRefused() throws IOException {
    write("set/noisy/a.png", 20, 21);
    write("set/clean/a.png", 20, 21);
    expect("look like the degraded and the clean half of pairs", "denoise30", "set");
    Outcome named = evaluate("denoise30", "set/clean", "--degraded", path("set/noisy"));
    assertThat(named.code()).as(named.err()).isZero();
  }

  @Test
  void thePageHoldsTablesAndPixels() throws IOException {
    Image a = write("photos/a<script>.png", 30, 41);
    write("wide/large.png", 20, 600);
    write("wide/small.png", 24, 22);
    String page = path("report.html");
    Outcome outcome = evaluate("x2", "photos", path("wide"), "--report", page);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    String html = Files.readString(Path.of(page));
    assertThat(html)
        .doesNotContain("{{")
        .doesNotContain("<script>.png")
        .doesNotContainPattern("(?:src|href)\\s*=\\s*[\"']?(?:https?:)?//");
    JsonNode data = pageData(html);
    assertThat(data.at("/results/tables")).hasSize(2);
    assertThat(data.at("/sentences/0").asText()).contains("photos");
    assertThat(data.at("/galleries/0/choice").asText()).startsWith("All images");
    JsonNode sample = data.at("/galleries/0/samples/0");
    assertThat(sample.at("/row/image").asText()).isEqualTo("a<script>.png");
    Image clean = a.crop(0, 0, 30, 40);
    assertThat(decoded(sample.get("clean"))).isEqualTo(clean);
    assertThat(decoded(sample.at("/restored/0")))
        .isEqualTo(Bicubic.enlarge(Bicubic.shrink(a, 2), 2));
    assertThat(sample.get("restored")).hasSize(2);
    JsonNode wide = data.at("/galleries/1/samples");
    JsonNode large = wide.get(wide.at("/0/row/image").asText().equals("large.png") ? 0 : 1);
    assertThat(large.get("part").asText()).isEqualTo("the middle of 20×600 pixels");
    assertThat(decoded(large.get("clean")).width()).isEqualTo(Shown.SIDE);
    assertThat(large.get("width").asInt()).isEqualTo(Shown.SIDE);
  }

  private static JsonNode pageData(String html) throws IOException {
    Matcher data =
        Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>")
            .matcher(html);
    assertThat(data.find()).isTrue();
    return new ObjectMapper().readTree(data.group(1));
  }

  private static Image decoded(JsonNode uri) throws IOException {
    String prefix = "data:image/png;base64,";
    assertThat(uri.asText()).startsWith(prefix);
    byte[] png = Base64.getDecoder().decode(uri.asText().substring(prefix.length()));
    var image = ImageIO.read(new ByteArrayInputStream(png));
    float[] pixels = new float[3 * image.getHeight() * image.getWidth()];
    int plane = pixels.length / 3;
    for (int i = 0; i < pixels.length; i++) {
      int rgb = image.getRGB(i % plane % image.getWidth(), i % plane / image.getWidth());
      pixels[i] = rgb >> 16 - 8 * (i / plane) & 0xFF;
    }
    return new Image(image.getHeight(), image.getWidth(), pixels);
  }

  @Test
  void aPageShowsTheExtremes() {
    Image image = new DeadLeaves(1, 1, 12, 12).image(0);
    Shown shown = new Shown(3);
    List<Double> gains = List.of(3.0, 1.0, 7.0, 5.0, 0.5, 6.0, 8.0, 2.0);
    for (double gain : gains) {
      Quality before = new Quality(20, 0.5, 20, 0.5);
      Quality after = new Quality(20 + gain, 0.5, 0, 0);
      Evaluation.Row row = new Evaluation.Row(String.valueOf(gain), List.of(before, after));
      shown.add(row, new ImagePair(image, image), List.of(image, image));
    }
    assertThat(shown.samples())
        .extracting(sample -> sample.row().image())
        .containsExactly("0.5", "1.0", "8.0");
    assertThat(shown.choice()).startsWith("Of 8 images the 2 with the least and the 1 with");
  }

  @Test
  void whatFailsIsOneLineAndTheRestIsMeasured() throws IOException {
    write("Rain/rain/1.png", 20, 21);
    write("Rain/norain/1.png", 20, 21);
    write("Rain/rain/2.png", 20, 21);
    write("Rain/norain/2.png", 20, 22);
    write("Rain/rain/3.png", 20, 21);
    Files.writeString(folder.resolve("Rain/norain/3.png"), "no image");
    Outcome outcome = evaluate("derain", "Rain", "-o", path("r.json"));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err().lines())
        .containsExactly(
            "2.png: expected 20×22 (height×width), 1/1 of the clean image's 20×22, got 20×21",
            "norain/3.png: not an image of a known format");
    assertThat(outcome.out()).contains("| 1.png").contains("not measured: norain/3.png");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("r.json").toFile());
    assertThat(json.at("/tables/0/images")).hasSize(1);
    assertThat(json.at("/tables/0/failures")).hasSize(2);
  }

  @Test
  void aSetThatFailsAsAWholeIsStillSpokenOf() throws IOException {
    write("photos/a.png", 30, 41);
    write("tiny/b.png", 5, 5);
    Outcome outcome =
        evaluate("x2", "tiny", path("photos"), "-o", path("r.json"), "--report", path("r.html"));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).contains("not measured: b.png").doesNotContain("NaN");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("r.json").toFile());
    assertThat(json.at("/tables/0/images")).isEmpty();
    assertThat(json.at("/tables/0/failures")).hasSize(1);
    assertThat(json.at("/tables/1/means")).hasSize(2);
    assertThat(pageData(Files.readString(folder.resolve("r.html"))).get("galleries")).hasSize(2);
  }

  @Test
  void severalModelsStandSideBySide() throws IOException {
    write("photos/a.png", 30, 41);
    Files.createDirectories(folder.resolve("other"));
    Files.copy(Path.of(model), folder.resolve("other/nano.safetensors"));
    Outcome outcome =
        CommandRun.run(
            Compare.class,
            "bicubic",
            model,
            path("other/nano.safetensors"),
            "--task",
            "x2",
            "--data",
            path("photos"),
            "--profile",
            "--report",
            path("r.html"));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("bicubic, Y", path("nano") + ", Y", path("other/nano"));
    assertThat(outcome.out()).contains("GFLOP/s");
    JsonNode data = pageData(Files.readString(folder.resolve("r.html")));
    assertThat(data.at("/galleries/0/samples/0/restored")).hasSize(3);
  }

  /** What a task undoes says how clean images are degraded, of which there are none here. */
  @Test
  void degradedImagesNeedNoCommonDegradation() throws IOException {
    List<String> all = new ArrayList<>(List.of("bicubic"));
    for (String degradation : List.of("denoise30", "denoise50")) {
      Path file = folder.resolve(degradation + ".safetensors");
      List<Task> tasks = List.of(new Task("clean", 1, degradation, ""), new Task("x2", 2));
      IptModel.create(IptConfig.preset("nano"), tasks, 1).save(file, Map.of());
      all.add(file.toString());
    }
    write("sharp/a.png", 20, 21);
    write("noisy/a.png", 20, 21);
    all.addAll(List.of("--task", "clean", "--data", path("sharp")));
    assertThat(CommandRun.run(Compare.class, all.toArray(String[]::new)).err())
        .contains("undoes denoise30", "denoise50: say by --degradation what to measure on");
    all.addAll(List.of("--degraded", path("noisy")));
    Outcome outcome = CommandRun.run(Compare.class, all.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("denoise30, Y", "denoise50, Y", "as stored in noisy");
  }

  @Test
  void theBaselineNeedsNoModel() throws IOException {
    write("photos/a.png", 30, 41);
    Outcome outcome =
        CommandRun.run(Compare.class, "input", "--task", "derain", "--data", path("photos"));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("input, RGB").contains("derain, seed 1");
  }

  @Test
  void aFolderOfDegradedImagesAndAnotherDegradation() throws IOException {
    write("sharp/a.png", 20, 21);
    write("noisy/a.png", 20, 21);
    Outcome pairs = evaluate("denoise30", "sharp", "--degraded", path("noisy"));
    assertThat(pairs.code()).as(pairs.err()).isZero();
    assertThat(pairs.out()).contains("as stored in noisy");
    Outcome other = evaluate("denoise30", "sharp", "--degradation", "denoise50", "--seed", "3");
    assertThat(other.out()).contains("denoise50, seed 3");
  }

  @Test
  void aModelStandsAheadOfTheData() {
    Outcome none = CommandRun.run(Compare.class, "--task", "x2", "--data", "photos", model);
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).startsWith("expected a MODEL ahead of --data").hasLineCount(1);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aNameOfSeveralLinesIsOne() throws IOException {
    write("photos/a\nb\u001b[31m.png", 30, 41);
    Outcome outcome = evaluate("x2", "photos");
    assertThat(outcome.out()).contains("| a?b?[31m.png |").doesNotContain("\u001b");
  }

  @Test
  void badInputIsOneLineAndNothingIsWritten() throws IOException {
    write("photos/a.png", 30, 41);
    write("tiny/a.png", 5, 5);
    expect("written as .csv, .json or .md, got r.txt", "x2", "photos", "-o", path("r.txt"));
    expect("written as .html", "x2", "photos", "--report", path("r.pdf"));
    expect("at least 1, got 0", "x2", "photos", "--report-images", "0");
    Files.createDirectories(folder.resolve("tiny/r.md"));
    expect("r.md is a folder, expected a file", "x2", "photos", "-o", path("tiny/r.md"));
    String within = path("tiny/a.png/r.html");
    expect("expected a folder, found a file: ", "x2", "photos", "--report", within);
    assertThat(evaluate("x4", "photos").err().lines())
        .containsExactly(
            model + ": the model has no task x4; it has:", "  x2", "  denoise30", "  derain");
    expect("no folder or file of images", "x2", "none");
    expect("task x2 enlarges by 2", "x2", "photos", "--degradation", "denoise30");
    expect("--degraded goes with one --data", "x2", "photos", path("tiny"), "--degraded", "d");
    Outcome none = evaluate("x2", "tiny", "-o", path("r.csv"));
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err().lines()).hasSize(2).last().isEqualTo("no image could be measured");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("nano.safetensors", "photos", "tiny");
    }
  }

  private void expect(String message, String task, String data, String... more) {
    Outcome outcome = evaluate(task, data, more);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(message).hasLineCount(1);
    assertThat(outcome.out()).as("nothing is measured first").isEmpty();
  }
}
