package org.ipt4j.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files of the page, all of which are in memory: no path of a request is ever looked up. */
final class Page {
  /**
   * One of them.
   *
   * @param type its media type
   */
  record Resource(String type, byte[] content) {}

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "yaml", "application/yaml; charset=utf-8");
  private static final String[] FILES = {
    "page/index.html",
    "page/style.css",
    "page/app.js",
    "page/compare.js",
    "page/engine.js",
    "page/zip.js",
    "page/icon.svg",
    "openapi.yaml"
  };

  private Page() {}

  /** By their paths behind the token. */
  static Map<String, Resource> resources() throws IOException {
    Map<String, Resource> resources = new LinkedHashMap<>();
    for (String file : FILES) {
      String name = file.substring(file.lastIndexOf('/') + 1);
      try (InputStream in = Page.class.getResourceAsStream(file)) {
        resources.put(
            name.equals("index.html") ? "/" : "/" + name,
            new Resource(TYPES.get(name.substring(name.lastIndexOf('.') + 1)), in.readAllBytes()));
      }
    }
    return resources;
  }
}
