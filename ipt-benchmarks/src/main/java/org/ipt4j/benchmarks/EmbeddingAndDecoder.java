package org.ipt4j.benchmarks;

import java.util.List;
import org.ipt4j.transformer.DecoderForm;

/** Part c: do task embeddings help, and which reading of the decoder is better (§3.1)? */
record EmbeddingAndDecoder(Small small) implements Part {
  private static final Arm NO_EMBEDDING =
      new Arm("no task embedding", DecoderForm.MEMORY, Small.REFERENCE.contrastive(), Small.RATE)
          .withoutEmbeddings();
  private static final Arm SELF =
      new Arm("SELF decoder", DecoderForm.SELF, Small.REFERENCE.contrastive(), Small.RATE);

  @Override
  public List<Trial> trials() {
    return small.trials();
  }

  @Override
  public List<Training> first(List<Long> seeds) {
    return small.references(seeds);
  }

  @Override
  public List<Training> then(long seed) {
    return List.of(small.pretraining(NO_EMBEDDING, seed), small.pretraining(SELF, seed));
  }

  @Override
  public String tables(Tables tables) {
    return tables.table(
        small.learnedAndUnseen(),
        List.of(
            Small.input(),
            Small.column("reference", Small.REFERENCE),
            Small.column("no task embedding", NO_EMBEDDING),
            Small.column("`SELF` decoder", SELF),
            Small.against("reference − no embedding", Small.REFERENCE, NO_EMBEDDING),
            Small.against("reference − `SELF`", Small.REFERENCE, SELF)));
  }
}
