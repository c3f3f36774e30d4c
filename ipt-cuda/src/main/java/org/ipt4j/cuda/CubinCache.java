package org.ipt4j.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Compiled kernels in a folder: each file is named after its text, options and compiler, and holds
 * the SHA-256 of the machine code before it. What cannot be read or written is compiled each time.
 */
final class CubinCache {
  /** Makes machine code of kernels. */
  interface Compiler {
    String version();

    byte[] compile(String text, List<String> options);
  }

  private static final int HASH = 32;

  private final Path folder;

  CubinCache(Path folder) {
    this.folder = folder;
  }

  /** The user's, for these variables of the environment. */
  static CubinCache ofUser(Map<String, String> environment, boolean windows) {
    String root = environment.get(windows ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
    Path caches =
        root == null || root.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(root);
    return new CubinCache(caches.resolve("ipt4j"));
  }

  /**
   * The machine code, compiled now or before.
   *
   * @param compiler null if there is none: then any version's serves
   * @return null if it is neither here nor can be compiled
   */
  byte[] get(String text, List<String> options, Compiler compiler) {
    String name =
        HexFormat.of()
            .formatHex(
                hash((String.join(" ", options) + '\n' + text).getBytes(StandardCharsets.UTF_8)));
    if (compiler == null) {
      return readAny(name);
    }
    Path file = folder.resolve(name + "-" + compiler.version() + ".cubin");
    byte[] cubin = read(file);
    if (cubin == null) {
      cubin = compiler.compile(text, options);
      write(file, cubin);
    }
    return cubin;
  }

  private byte[] readAny(String name) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, name + "-*.cubin")) {
      for (Path file : files) {
        byte[] cubin = read(file);
        if (cubin != null) {
          return cubin;
        }
      }
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  private static byte[] read(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length <= HASH) {
        return null;
      }
      byte[] cubin = Arrays.copyOfRange(bytes, HASH, bytes.length);
      return Arrays.equals(hash(cubin), Arrays.copyOf(bytes, HASH)) ? cubin : null;
    } catch (IOException e) {
      return null;
    }
  }

  private void write(Path file, byte[] cubin) {
    try {
      Files.createDirectories(folder);
      Path part = Files.createTempFile(folder, "part", ".tmp");
      try {
        Files.write(
            part, ByteBuffer.allocate(HASH + cubin.length).put(hash(cubin)).put(cubin).array());
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      // without the file the next start compiles again
    }
  }

  private static byte[] hash(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
