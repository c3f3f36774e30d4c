package org.ipt4j.data.image;

/**
 * A part of a flipped and rotated image, as {@link Image#window} makes it, of which only those
 * pixels are copied that are asked for.
 */
public record Window(
    Image source, boolean mirrored, int turn, int top, int left, int height, int width) {
  /** The whole of an image. */
  public static Window of(Image image) {
    return new Window(image, false, 0, 0, 0, image.height(), image.width());
  }

  /**
   * An image of that height and width of which only an area is known.
   *
   * @param known the pixels of the area
   */
  public static Window of(Image known, Area area, int height, int width) {
    return new Window(known, false, 0, -area.top(), -area.left(), height, width);
  }

  /** Its pixels within an area. */
  public Image crop(Area area) {
    boolean whole = area.height() == source.height() && area.width() == source.width();
    boolean upright = !mirrored && turn % 4 == 0;
    if (whole && upright && top + area.top() == 0 && left + area.left() == 0) {
      return source; // immutable
    }
    return source.window(
        mirrored, turn, top + area.top(), left + area.left(), area.height(), area.width());
  }

  /** All its pixels. */
  public Image image() {
    return crop(area());
  }

  /**
   * How much detail it shows: the mean difference of a pixel's green from that of the pixel below
   * and of the one beside it, at 16×16 of its pixels.
   */
  public double detail() {
    return source.detail(source.covered(mirrored, turn, top, left, height, width));
  }

  /** All of it, as an area. */
  public Area area() {
    return new Area(0, 0, height, width);
  }

  /** Its upper left part whose sides are the largest multiples of {@code scale}. */
  public Window croppedToMultiple(int scale) {
    return new Window(
        source, mirrored, turn, top, left, height - height % scale, width - width % scale);
  }
}
