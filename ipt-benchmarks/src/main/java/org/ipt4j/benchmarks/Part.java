package org.ipt4j.benchmarks;

import java.util.List;

/** One question of the paper's: the trainings that it takes, and the tables that answer it. */
interface Part {
  /** What models are tried on; the degraded images themselves are measured, too. */
  List<Trial> trials();

  /** What others begin with or depend on, done before any other. */
  List<Training> first(List<Long> seeds);

  /** The rest, for one seed; each may be done beside the others. */
  List<Training> then(long seed);

  /** Markdown. */
  String tables(Tables tables);
}
