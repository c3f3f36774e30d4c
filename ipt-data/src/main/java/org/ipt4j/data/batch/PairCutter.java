package org.ipt4j.data.batch;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.data.image.Window;

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
            at -> clean(pair, mirrored, turn, at, side).detail(),
            random);
    return new ImagePair(
        degraded.window(mirrored, turn, place.top(), place.left(), side, side),
        clean(pair, mirrored, turn, place, side).image());
  }

  private Window clean(ImagePair pair, boolean mirrored, int turn, PatchPlace place, int side) {
    int scale = scale();
    return new Window(
        pair.clean(),
        mirrored,
        turn,
        place.top() * scale,
        place.left() * scale,
        side * scale,
        side * scale);
  }
}
