package org.ipt4j.core;

import java.util.Locale;

/** Cuts images of features into patches, and puts them together again. */
public final class TokenOps {
  private TokenOps() {}

  /**
   * Cuts images into P×P patches without overlap. A patch becomes a token, with its elements in the
   * order channel, row, column (as PyTorch's {@code unfold}); the tokens follow row by row.
   *
   * @param x [N,C,H,W], H and W divisible by P
   * @return [N,S,C·P²], S = H·W/P²
   */
  public static Variable unfold(Tape tape, Variable x, int p) {
    Grid grid = new Grid(x.size(0), x.size(1), x.size(2), x.size(3), p);
    Array y = tape.array(grid.tokenShape());
    grid.cut(x.value(), y);
    // a permutation: dx is dy, put back
    return tape.record(
        Operation.of("unfold", "side", p),
        y,
        Kept.NOTHING,
        dy -> x.receiveOverwriting(dx -> grid.join(dy, dx)),
        x);
  }

  /**
   * Puts tokens together again: the inverse of {@link #unfold}.
   *
   * @param x [N,S,C·P²]
   * @return [N,C,height,width]
   */
  public static Variable fold(Tape tape, Variable x, int p, long height, long width) {
    Grid grid = new Grid(x.size(0), x.size(2) / ((long) p * p), height, width, p);
    Shapes.check(tape, "fold", x, grid.tokenShape());
    Array y = tape.array(grid.n, grid.c, height, width);
    grid.join(x.value(), y);
    // a permutation: dx is dy, cut again
    return tape.record(
        Operation.of("fold", "side", p, "height", height, "width", width),
        y,
        Kept.NOTHING,
        dy -> x.receiveOverwriting(dx -> grid.cut(dy, dx)),
        x);
  }

  private record Grid(long n, long c, long h, long w, int p) {
    Grid {
      if (h % p != 0 || w % p != 0) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "unfold expects sides divisible by the patch side %d, got %d×%d",
                p,
                h,
                w));
      }
    }

    long[] tokenShape() {
      return new long[] {n, h / p * (w / p), c * p * p};
    }

    void cut(Array images, Array tokens) {
      images.device().permute(images.reshape(n, c, h / p, p, w / p, p), tokens, 0, 2, 4, 1, 3, 5);
    }

    void join(Array tokens, Array images) {
      tokens.device().permute(tokens.reshape(n, h / p, w / p, c, p, p), images, 0, 3, 1, 4, 2, 5);
    }
  }
}
