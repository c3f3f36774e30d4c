package org.ipt4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class DataSetTest {
  private static final Patches PATCHES =
      new Patches(new DeadLeaves(1, 3, 50, 50), Degradation.parse("x2"), new PatchOptions(3, 7, 1));

  @Test
  void batchesAsDataSet() {
    PatchIterator iterator = new PatchIterator(PATCHES::batch, 10, 2);
    DataSet first = iterator.next();
    assertThat(first.getFeatures().shape()).containsExactly(3, 3, 7, 7);
    assertThat(first.getLabels().shape()).containsExactly(3, 3, 14, 14);
    assertThat(first.getLabels().data().asFloat()).isEqualTo(PATCHES.batch(10).clean());
    iterator.next(3);
    assertThat(iterator.hasNext()).isFalse();
    iterator.reset();
    assertThat(iterator.next().getFeatures().data().asFloat())
        .isEqualTo(PATCHES.batch(10).degraded());
    assertThat(iterator.batch()).isEqualTo(3);
    assertThatThrownBy(() -> iterator.next(5)).hasMessage("batches have 3 patches, asked for 5");
  }

  @Test
  void dataSetAsBatches() {
    DataSetBatches batches = new DataSetBatches(new PatchIterator(PATCHES::batch, 10, 2));
    for (int step : new int[] {0, 1, 2, 5, 1}) {
      PatchBatch expected = PATCHES.batch(10 + step % 2);
      PatchBatch batch = batches.apply(step);
      assertThat(batch.degraded()).isEqualTo(expected.degraded());
      assertThat(batch.clean()).isEqualTo(expected.clean());
      assertThat(batch.scale()).isEqualTo(2);
    }
  }

  @Test
  void dataSetOfOtherShapesIsRefused() {
    PatchIterator iterator = new PatchIterator(PATCHES::batch, 0, 1);
    iterator.setPreProcessor(
        set -> set.setLabels(Nd4j.createFromArray(new float[3 * 3 * 9 * 9]).reshape(3, 3, 9, 9)));
    assertThatThrownBy(() -> new DataSetBatches(iterator).apply(0))
        .hasMessageContaining("a multiple of their side")
        .hasMessageContaining("[3, 3, 9, 9]");
  }
}
