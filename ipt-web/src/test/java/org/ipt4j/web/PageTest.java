package org.ipt4j.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page needs its own files and nothing else, wherever it lies. */
class PageTest {
  private static final Pattern ADDRESS =
      Pattern.compile("(?:src|href)=\"([^\"#]+)\"|(?:from|import) \"([^\"]+)\"|url\\(([^)]+)\\)");

  @Test
  void everyAddressIsAFileOfThePageRelativeToIt() throws IOException {
    Map<String, Page.Resource> files = Page.resources();
    List<String> addresses = new ArrayList<>();
    files.forEach(
        (path, file) -> {
          Matcher address = ADDRESS.matcher(new String(file.content(), UTF_8));
          while (address.find()) {
            for (int i = 1; i <= 3; i++) {
              if (address.group(i) != null) {
                addresses.add(address.group(i).replaceFirst("^\\./", ""));
              }
            }
          }
        });
    assertThat(addresses).contains("app.js", "engine.js", "style.css");
    assertThat(addresses).allSatisfy(address -> assertThat(files).containsKey("/" + address));
  }

  @Test
  void onlyTheEngineKnowsAServer() throws IOException {
    Page.resources()
        .forEach(
            (path, file) -> {
              String text = new String(file.content(), UTF_8);
              if (path.endsWith(".js") || path.equals("/")) {
                assertThat(text).as(path).doesNotContain("http://").doesNotContain("https://");
              }
              if (path.endsWith(".js") && !path.equals("/engine.js")) {
                assertThat(text).as(path).doesNotContain("fetch(").doesNotContain("location");
              }
            });
  }

  /** What the server's policy would stop. */
  @Test
  void nothingIsWrittenIntoThePageItself() throws IOException {
    String page = new String(Page.resources().get("/").content(), UTF_8);
    assertThat(page).doesNotContain("style=").doesNotContainPattern("<script(?![^>]*src=)");
    assertThat(page).doesNotContainPattern("\\son\\w+=");
  }
}
