package org.ipt4j.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is sent back, with the headers that every answer has. */
final class Answers {
  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final int PIECE = 1 << 16;

  private Answers() {}

  /** Headers by which a browser keeps the page, and its address, to itself. */
  static void protect(HttpExchange exchange) {
    var headers = exchange.getResponseHeaders();
    headers.set("Cache-Control", "no-store");
    headers.set("Content-Security-Policy", POLICY);
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
  }

  static void send(HttpExchange exchange, String type, byte[] content) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, content.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(content);
    }
  }

  static void send(HttpExchange exchange, String type, Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(200, Files.size(file));
      try (OutputStream out = exchange.getResponseBody()) {
        in.transferTo(out);
      }
    }
  }

  /**
   * Sends a refusal. What the sender is still sending is read and dropped, up to {@code rest} bytes
   * of it: it would not get the answer otherwise.
   */
  static void send(HttpExchange exchange, Refusal refusal, long rest) throws IOException {
    byte[] line = (refusal.getMessage() + "\n").getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.getResponseHeaders().set("Connection", "close");
    refusal.headers().forEach(exchange.getResponseHeaders()::set);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(refusal.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(refusal.status(), line.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(line);
      out.flush();
      drop(exchange.getRequestBody(), rest);
    }
  }

  private static void drop(InputStream body, long rest) throws IOException {
    byte[] piece = new byte[PIECE];
    long dropped = 0;
    for (int n = 0; n >= 0 && dropped < rest; dropped += n) {
      n = body.read(piece, 0, (int) Math.min(piece.length, rest - dropped));
    }
  }

  /** A message on one line, without a list's indentation. */
  static String oneLine(String message) {
    return message.strip().replaceAll("\\s+", " ");
  }
}
