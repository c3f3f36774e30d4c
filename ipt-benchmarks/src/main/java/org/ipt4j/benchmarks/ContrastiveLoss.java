package org.ipt4j.benchmarks;

import java.util.List;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.training.Contrastive;
import org.ipt4j.transformer.DecoderForm;

/** Part b: does the contrastive loss help, also on noise never trained on (§4.2, §4.3)? */
record ContrastiveLoss(Small small) implements Part {
  private static final Arm WITHOUT =
      new Arm("no contrastive", DecoderForm.MEMORY, Contrastive.none(), Small.RATE);
  private static final Arm ADDED =
      new Arm(
          "contrastive added",
          DecoderForm.MEMORY,
          Contrastive.added(ContrastiveForm.PAPER, 0.1),
          Small.RATE);

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
    return List.of(small.pretraining(WITHOUT, seed), small.pretraining(ADDED, seed));
  }

  @Override
  public String tables(Tables tables) {
    return tables.table(
        small.learnedAndUnseen(),
        List.of(
            Small.input(),
            Small.column("without", WITHOUT),
            Small.column("own batches (reference)", Small.REFERENCE),
            Small.column("added", ADDED),
            Small.against("own batches − without", Small.REFERENCE, WITHOUT),
            Small.against("added − without", ADDED, WITHOUT)));
  }
}
