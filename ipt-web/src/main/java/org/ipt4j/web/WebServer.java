package org.ipt4j.web;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.ipt4j.model.IptModel;

/**
 * Serves a page to restore photographs on, and the same to programs: to this machine only, and to
 * those who know the address, which has a random token in it. What requests there are is said in
 * docs/WEB.md. Files live in a temporary folder of its own, which only this user may read and which
 * is deleted by {@link #close}.
 *
 * <p>It is the JDK's {@code com.sun.net.httpserver}, whose limits are the virtual machine's: unless
 * they are set, starting sets {@code sun.net.httpserver.maxReqTime} to 60 seconds for a request to
 * arrive, and {@code jdk.httpserver.maxConnections} to 512.
 */
public final class WebServer implements AutoCloseable {
  private static final byte[] LOOPBACK = {127, 0, 0, 1};
  private static final int THREADS = 128;
  private static final int BACKLOG = 256; // connections on their way
  private static final long LAST_SECONDS = 10; // for requests to see that this is the end

  private final Path folder;
  private final Guard guard;
  private final URI address;
  private final RestoringQueue queue;
  private final HttpServer server;
  private final ThreadPoolExecutor threads;
  private final ScheduledExecutorService clock;

  static {
    setUnlessSet("sun.net.httpserver.maxReqTime", "60");
    setUnlessSet("jdk.httpserver.maxConnections", "512");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * Starts serving, within {@link WebLimits#DEFAULT}.
   *
   * @param port 0 for any that is free
   * @throws java.net.BindException if the port is taken
   */
  public static WebServer start(IptModel model, int port) throws IOException {
    return start(model, port, WebLimits.DEFAULT);
  }

  /** As {@link #start(IptModel, int)}, with limits of one's own. */
  public static WebServer start(IptModel model, int port, WebLimits limits) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port), BACKLOG);
    try {
      return new WebServer(model, limits, server);
    } catch (IOException | RuntimeException failure) {
      server.stop(0);
      throw failure;
    }
  }

  private WebServer(IptModel model, WebLimits limits, HttpServer server) throws IOException {
    this.server = server;
    int port = server.getAddress().getPort();
    guard = new Guard(port);
    address = URI.create("http://127.0.0.1:" + port + "/" + guard.token() + "/");
    folder = Files.createTempDirectory("ipt-web-"); // for its owner only
    clock = Executors.newSingleThreadScheduledExecutor(daemons("ipt-web-clock"));
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemons("ipt-web"));
    threads.allowCoreThreadTimeOut(true);
    queue = new RestoringQueue(model, limits, folder);
    server.createContext("/", new Site(model, limits, guard, queue, clock));
    server.setExecutor(threads);
    server.start();
  }

  private static ThreadFactory daemons(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** The page's, with the token: {@code http://127.0.0.1:PORT/TOKEN/}. */
  public URI address() {
    return address;
  }

  /**
   * A file, which only this user may read, that leads a browser to the address: what a browser is
   * started with can be seen by every user of the machine.
   */
  public Path leadingFile() throws IOException {
    Path file = folder.resolve("open.html");
    if (!Files.exists(file)) {
      Files.writeString(
          file,
          "<!DOCTYPE html><meta charset=\"utf-8\"><title>IPT4J</title>"
              + "<meta http-equiv=\"refresh\" content=\"0; url="
              + address
              + "\"><a href=\""
              + address
              + "\">Restore photographs</a>");
    }
    return file;
  }

  /** Ends what is being restored, and deletes all files. */
  @Override
  public void close() {
    queue.close();
    server.stop(0);
    threads.shutdownNow();
    clock.shutdownNow();
    try {
      threads.awaitTermination(LAST_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    deleteFolder();
  }

  private void deleteFolder() {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : all) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("not all of " + folder + " could be deleted", e);
    }
  }
}
