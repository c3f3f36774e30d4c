package org.ipt4j.data.batch;

import java.util.random.RandomGenerator;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.data.image.Window;

/**
 * Cuts patches from clean images and degrades them. The clean image is flipped and rotated first
 * and degraded afterwards, so that rain falls downwards in every patch. Only the patch and the
 * degradation's margin are degraded, so the cost is that of a patch, not of an image.
 */
record DegradingCutter(ImageSource source, Degradation degradation) implements PatchCutter {
  @Override
  public int size() {
    return source.size();
  }

  @Override
  public int scale() {
    return degradation.scale();
  }

  @Override
  public ImagePair cut(int index, PatchOptions options, RandomGenerator random)
      throws UnreadableImageException {
    int scale = scale();
    int side = options.side();
    Image image = source.image(index);
    PatchCutter.checkSize(source.name(index), image, side * scale);
    boolean mirrored = options.turned() && random.nextBoolean();
    int turn = options.turned() ? random.nextInt(4) : 0;
    boolean upright = turn % 2 == 0;
    int height = (upright ? image.height() : image.width()) / scale;
    int width = (upright ? image.width() : image.height()) / scale;
    PatchPlace place =
        PatchPlace.draw(
            height - side + 1,
            width - side + 1,
            options,
            at -> at.clean(image, mirrored, turn, side, scale).detail(),
            random);
    Extent rows = extent(place.top(), height, side);
    Extent columns = extent(place.left(), width, side);
    Window window =
        new Window(
            image,
            mirrored,
            turn,
            rows.from,
            columns.from,
            rows.to - rows.from,
            columns.to - columns.from);
    int top = rows.place - rows.from;
    int left = columns.place - columns.from;
    Area wanted = new Area(top / scale, left / scale, side, side);
    Area patch = new Area(top, left, side * scale, side * scale);
    Area read = degradation.reads(wanted, window.height(), window.width()).with(patch);
    Window copied = Window.of(window.crop(read), read, window.height(), window.width());
    return new ImagePair(degradation.part(copied, wanted, random), copied.crop(patch));
  }

  /**
   * Along one side of an image: where the clean patch begins, and where the patch with its margin
   * begins and ends.
   */
  private record Extent(int place, int from, int to) {}

  // all in blocks of scale pixels; what exceeds a whole block at the end is no part of the image
  private Extent extent(int place, int blocks, int side) {
    int scale = scale();
    int margin = (Math.min(degradation.margin(), blocks * scale) + scale - 1) / scale;
    int grid = 1;
    while (grid * scale % degradation.grid() != 0) {
      grid++;
    }
    int from = Math.max(0, place - margin) / grid * grid;
    int to = Math.min(blocks, place + side + margin);
    return new Extent(place * scale, from * scale, to * scale);
  }
}
