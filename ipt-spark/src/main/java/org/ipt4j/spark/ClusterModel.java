package org.ipt4j.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.cli.GivenModel;
import org.ipt4j.model.IptModel;

/**
 * A model that executors have: a pretrained one is in their jars, a file is given to each of them
 * once. It is known by its content, so that two files of one name are two models.
 */
public final class ClusterModel implements Serializable {
  private static final long serialVersionUID = 1;
  private static final Map<String, IptModel> LOADED = new ConcurrentHashMap<>();
  private static final Set<String> GIVEN = ConcurrentHashMap.newKeySet(); // by application

  private final String given;
  private final String name;
  private final String sha256;
  private final boolean pretrained;

  private ClusterModel(String given, String name, String sha256, boolean pretrained) {
    this.given = given;
    this.name = name;
    this.sha256 = sha256;
    this.pretrained = pretrained;
  }

  /**
   * Gives a model to all executors.
   *
   * @param given the name of a pretrained model, or a file's URI
   * @throws IllegalArgumentException if it is neither
   */
  public static ClusterModel of(JavaSparkContext spark, String given) throws IOException {
    GivenModel model = new GivenModel(given);
    if (model.isPretrained()) {
      return new ClusterModel(given, model.name(), model.sha256(), true);
    }
    HadoopFiles files = new HadoopFiles(spark);
    if (!files.exists(given)) {
      model.open().close(); // says what was expected
    }
    String name = new GivenModel(new org.apache.hadoop.fs.Path(given).toUri().getPath()).name();
    Path folder = Files.createTempDirectory(Path.of(SparkFiles.getRootDirectory()), "model");
    Path copy = folder.resolve("model");
    files.fetch(given, copy);
    String sha256 = new GivenModel(copy.toString()).sha256();
    if (GIVEN.add(spark.sc().applicationId() + " " + sha256)) {
      spark.addFile(Files.move(copy, folder.resolve(file(sha256))).toString());
    }
    return new ClusterModel(given, name, sha256, false);
  }

  private static String file(String sha256) {
    return "ipt-" + sha256 + ".safetensors";
  }

  /** As it was given. */
  public String given() {
    return given;
  }

  /** What to call it in a table. */
  public String name() {
    return name;
  }

  /** The checksum of its file. */
  public String sha256() {
    return sha256;
  }

  /** The model, which is loaded once in each process, here or on an executor. */
  public IptModel model() {
    return LOADED.computeIfAbsent(
        sha256,
        key -> {
          try {
            return new GivenModel(pretrained ? given : SparkFiles.get(file(key))).load();
          } catch (IOException failure) {
            throw new UncheckedIOException(failure);
          }
        });
  }
}
