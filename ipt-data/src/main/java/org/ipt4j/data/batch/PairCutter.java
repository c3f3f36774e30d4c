package org.ipt4j.data.batch;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.UnreadableImageException;

/** Cuts both images of a pair at the same place, and flips and rotates both in the same way. */
record PairCutter(PairSource source) implements PatchCutter {
  @Override
  public int size() {
    return source.size();
  }

  @Override
  public int scale() {
    return source.scale();
  }

  @Override
  public ImagePair cut(int index, PatchOptions options, RandomGenerator random)
      throws UnreadableImageException {
    int side = options.side();
    ImagePair pair = source.pair(index);
    Image degraded = pair.degraded();
    PatchCutter.checkSize(source.name(index), degraded, side);
    boolean mirrored = options.turned() && random.nextBoolean();
    int turn = options.turned() ? random.nextInt(4) : 0;
    boolean upright = turn % 2 == 0;
    PatchPlace place =
        PatchPlace.draw(
            (upright ? degraded.height() : degraded.width()) - side + 1,
            (upright ? degraded.width() : degraded.height()) - side + 1,
            options,
            at -> at.clean(pair.clean(), mirrored, turn, side, scale()).detail(),
            random);
    return new ImagePair(
        degraded.window(mirrored, turn, place.top(), place.left(), side, side),
        place.clean(pair.clean(), mirrored, turn, side, scale()).image());
  }
}
