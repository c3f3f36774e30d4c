package org.ipt4j.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Quality;

/**
 * What was measured, as it is printed and written.
 *
 * @param contenders the baseline first
 * @param protocol what the figures mean, in sentences
 */
public record Results(
    String task, List<Contender> contenders, List<String> protocol, List<Table> tables) {
  /**
   * One way of restoring.
   *
   * @param file of the model; null for the baseline, as is the checksum
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Contender(String name, String file, String sha256) {}

  /**
   * One test set's figures.
   *
   * @param degraded where the degraded images come from
   * @param means of each contender, none if there is no image
   * @param leftOut a sentence for each contender of whose mean images are left out
   * @param failures a line for each image that could not be measured
   */
  public record Table(
      String data,
      String degraded,
      List<Evaluation.Row> images,
      List<Quality> means,
      List<String> leftOut,
      List<String> failures) {
    /** Of what was measured. */
    public static Table of(Evaluation measured) {
      int averaged = measured.rows().isEmpty() ? 0 : measured.contenders().size();
      return new Table(
          measured.set().name(),
          measured.set().origin(),
          measured.rows(),
          IntStream.range(0, averaged).mapToObj(measured::mean).toList(),
          measured.leftOut(),
          measured.failures());
    }
  }

  /** All that has to be said beside the figures. */
  public List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    for (Table table : tables) {
      sentences.add("Degraded images of " + table.data() + ": " + table.degraded() + ".");
    }
    for (Table table : tables) {
      table.leftOut().forEach(sentence -> sentences.add(sentence + "."));
    }
    for (Contender contender : contenders) {
      if (contender.file() != null) {
        sentences.add(
            contender.name() + ": " + contender.file() + ", SHA-256 " + contender.sha256() + ".");
      }
    }
    sentences.addAll(protocol);
    return sentences;
  }
}
