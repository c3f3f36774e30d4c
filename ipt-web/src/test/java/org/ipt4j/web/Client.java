package org.ipt4j.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.stream.Stream;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;

/** What programs, and worse, do to a server. */
record Client(URI address) {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(address.resolve(path));
  }

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return HTTP.send(to(path).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> delete(String path) throws IOException, InterruptedException {
    return HTTP.send(to(path).DELETE().build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> post(String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = to(path).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  /** The lines of what is told of a job, to be closed. */
  HttpResponse<Stream<String>> events(String path, byte[] body)
      throws IOException, InterruptedException {
    return HTTP.send(
        to(path)
            .header("Accept", "text/event-stream")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofLines());
  }

  static byte[] png(Image image) {
    return ImageFiles.png(image);
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), UTF_8);
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(address.getHost(), address.getPort());
    socket.setSoTimeout(30_000);
    return socket;
  }

  /** Sends a request as it stands, lines separated by {@code |}; yields all that comes back. */
  String raw(String request) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(filled(request).getBytes(ISO_8859_1));
      socket.getOutputStream().flush();
      return rest(socket);
    }
  }

  /** A request with this server's token and host in their places. */
  String filled(String request) {
    return request
        .replace("|", "\r\n")
        .replace("TOKEN", address.getPath().replace("/", ""))
        .replace("HOST", address.getAuthority())
        .replace("PORT", "" + address.getPort());
  }

  /** What comes until the server closes the connection, or resets it. */
  static String rest(Socket socket) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(all);
    } catch (java.net.SocketTimeoutException silent) {
      throw silent;
    } catch (IOException reset) {
      // as good as closed
    }
    return all.toString(UTF_8);
  }

  static String line(Socket socket) throws IOException {
    return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)).readLine();
  }
}
