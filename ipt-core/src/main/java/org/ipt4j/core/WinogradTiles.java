package org.ipt4j.core;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Transforms planes of pixels to the 8×8 points of each tile, at which {@link WinogradGradients}
 * multiplies, and back: first the rows of all tiles ({@link Half}), then, at one point of the rows,
 * the columns, to a slab [8,P,T] of P planes of T tiles. Tiles lie row by row, with one unused tile
 * at the end of each row.
 *
 * <p>The numbers at one place of all tiles lie in one array, so that each step is a sum of whole
 * arrays with one index, which the virtual machine vectorises.
 */
final class WinogradTiles {
  private static final int TILE = PointMatrix.TILE;
  private static final int POINTS = PointMatrix.POINTS;
  private static final int MARGIN = (PointMatrix.TAPS - 1) / 2;
  private static final int TOGETHER = 4; // planes: a group
  private static final ThreadLocal<Work> OWN = new ThreadLocal<>();

  private final int height;
  private final int width;
  private final int pitch; // tiles of a row, the one of no use included
  private final int tiles;

  /** For planes of height × width pixels. */
  WinogradTiles(long height, long width) {
    this.height = Math.toIntExact(height);
    this.width = Math.toIntExact(width);
    pitch = (this.width + TILE - 1) / TILE + 1;
    tiles = (this.height + TILE - 1) / TILE * pitch;
  }

  /** Leaves this thread's arrays to the collector. */
  static void release() {
    OWN.remove();
  }

  /** T, the number of tiles. */
  int count() {
    return tiles;
  }

  /**
   * Planes of an array [N,C,H,W]: for each channel, those of {@code images} images from {@code
   * first} on.
   */
  record Planes(Array pixels, int first, int images) {
    private int count() {
      return (int) pixels.size(1) * images;
    }

    private long begin(int plane) {
      long image = first + plane % images;
      return image * pixels.stride(0) + plane / images * pixels.stride(1);
    }
  }

  /**
   * Planes whose tiles' rows are transformed to points: one array for each group, column of pixels
   * and point. A thread has only one per matrix.
   */
  static final class Half {
    private final PointMatrix matrix;
    private int planes;
    private float[][][][] groups = new float[0][][][];

    private Half(PointMatrix matrix) {
      this.matrix = matrix;
    }

    private void hold(int count, int tiles) {
      planes = count;
      if (groups(planes) > groups.length) {
        groups = new float[groups(planes)][TILE][POINTS][TOGETHER * tiles];
      }
    }
  }

  private static int groups(int planes) {
    return (planes + TOGETHER - 1) / TOGETHER;
  }

  /**
   * Transforms the rows of the inputs' tiles: 8×8 pixels that overlap, with zeros around the plane.
   */
  Half inputs(Planes planes) {
    return half(work().inputs, planes);
  }

  /** Transforms the rows of the outputs' tiles, 4×4 pixels. */
  Half outputs(Planes planes) {
    return half(work().outputs, planes);
  }

  private Half half(Half half, Planes planes) {
    half.hold(planes.count(), tiles);
    PointMatrix m = half.matrix;
    inGroups(
        half.planes,
        (work, group, first, count) -> {
          FloatPointer from = CpuDevice.floats(planes.pixels());
          for (int i = 0; i < count; i++) {
            from.position(planes.begin(first + i)).get(work.plane, 0, height * width);
            work.split(i, m.size());
          }
          for (int column = 0; column < TILE; column++) {
            m.toPoints(work.rows[column], half.groups[group][column], count * tiles);
          }
        });
    return half;
  }

  /**
   * Writes the pixels of the inputs' tiles, added where they overlap: the transpose of {@link
   * #inputs}.
   */
  void write(Half half, Planes planes) {
    inGroups(
        half.planes,
        (work, group, first, count) -> {
          for (int column = 0; column < TILE; column++) {
            half.matrix.fromPoints(half.groups[group][column], work.rows[column], count * tiles);
          }
          FloatPointer to = CpuDevice.floats(planes.pixels());
          for (int i = 0; i < count; i++) {
            work.join(i);
            to.position(planes.begin(first + i)).put(work.plane, 0, height * width);
          }
        });
  }

  private interface Group {
    void run(Work work, int group, int first, int count);
  }

  private void inGroups(int planes, Group task) {
    Workers.run(
        groups(planes),
        Math.min(groups(planes), Workers.count()),
        (share, from, end) -> {
          Work work = work();
          work.clear();
          for (int group = from; group < end; group++) {
            int first = group * TOGETHER;
            task.run(work, group, first, Math.min(TOGETHER, planes - first));
          }
        });
  }

  /** Transforms the columns at point {@code i} of the rows into the slab. */
  void columnsToPoints(Half half, int i, Array slab) {
    Work work = work();
    FloatPointer to = CpuDevice.floats(slab);
    for (int group = 0; group < groups(half.planes); group++) {
      int length = length(half, group);
      float[][] columns = work.columns(half.groups[group], i, half.matrix.size(), length);
      half.matrix.toPoints(columns, work.points, length);
      for (int j = 0; j < POINTS; j++) {
        to.position(place(half, group, j)).put(work.points[j], 0, length);
      }
    }
  }

  /** The transpose of {@link #columnsToPoints}, for inputs. */
  void columnsFromPoints(Array slab, int i, Half half) {
    Work work = work();
    FloatPointer from = CpuDevice.floats(slab);
    for (int group = 0; group < groups(half.planes); group++) {
      int length = length(half, group);
      for (int j = 0; j < POINTS; j++) {
        from.position(place(half, group, j)).get(work.points[j], 0, length);
      }
      half.matrix.fromPoints(work.points, work.sums, length);
      work.fold(half.groups[group], i, length);
    }
  }

  private int length(Half half, int group) {
    return Math.min(TOGETHER, half.planes - group * TOGETHER) * tiles;
  }

  private long place(Half half, int group, int j) {
    return ((long) j * half.planes + group * TOGETHER) * tiles;
  }

  private Work work() {
    Work work = OWN.get();
    if (work == null || !work.isFor(height, width)) {
      work = new Work();
      OWN.set(work);
    }
    return work;
  }

  /** A thread's arrays. */
  private final class Work {
    final Half inputs = new Half(PointMatrix.INPUT);
    final Half outputs = new Half(PointMatrix.OUTPUT);
    final float[] plane = new float[height * width];
    final float[] row = new float[pitch * TILE]; // of a plane, with zeros around
    // of a plane, by row and column in their tiles, with zeros around
    final float[][][] phases = new float[TILE][TILE][tiles + pitch];
    final float[][][] rows = new float[TILE][POINTS][TOGETHER * tiles]; // by column and row
    final float[][] points = new float[POINTS][TOGETHER * tiles];
    final float[][] sums = new float[POINTS][TOGETHER * tiles];
    final float[][] columns = new float[POINTS][];

    boolean isFor(int someHeight, int someWidth) {
      return someHeight == height && someWidth == width;
    }

    /** Zeroes the border. */
    void clear() {
      Arrays.fill(row, 0);
      for (float[][] some : phases) {
        for (float[] phase : some) {
          Arrays.fill(phase, 0);
        }
      }
    }

    /** Cuts plane {@code i} of the group into rows of tiles of {@code size}. */
    void split(int i, int size) {
      int margin = size == TILE ? 0 : MARGIN;
      for (int y = 0; y < height; y++) {
        System.arraycopy(plane, y * width, row, margin, width);
        float[][] to = phases[(y + margin) % TILE];
        split(to[0], to[1], to[2], to[3], (y + margin) / TILE * pitch);
      }
      for (int column = 0; column < TILE; column++) {
        for (int r = 0; r < size; r++) {
          float[] phase = phases[r % TILE][column];
          System.arraycopy(phase, r / TILE * pitch, rows[column][r], i * tiles, tiles);
        }
      }
    }

    private void split(float[] a, float[] b, float[] c, float[] d, int at) {
      for (int i = 0; i < pitch; i++) {
        a[at + i] = row[TILE * i];
        b[at + i] = row[TILE * i + 1];
        c[at + i] = row[TILE * i + 2];
        d[at + i] = row[TILE * i + 3];
      }
    }

    /** The transpose of {@link #split}, for inputs: rows → plane. */
    void join(int i) {
      for (int column = 0; column < TILE; column++) {
        for (int r = 0; r < TILE; r++) {
          float[] phase = phases[r][column];
          Arrays.fill(phase, 0, pitch, 0);
          System.arraycopy(rows[column][TILE + r], i * tiles, phase, pitch, tiles);
          System.arraycopy(rows[column][r], i * tiles, points[0], 0, tiles);
          add(points[0], phase, tiles);
        }
      }
      for (int y = 0; y < height; y++) {
        float[][] from = phases[(y + MARGIN) % TILE];
        join(from[0], from[1], from[2], from[3], (y + MARGIN) / TILE * pitch);
        System.arraycopy(row, MARGIN, plane, y * width, width);
      }
    }

    private void join(float[] a, float[] b, float[] c, float[] d, int at) {
      for (int i = 0; i < pitch; i++) {
        row[TILE * i] = a[at + i];
        row[TILE * i + 1] = b[at + i];
        row[TILE * i + 2] = c[at + i];
        row[TILE * i + 3] = d[at + i];
      }
    }

    /** The columns of tiles of {@code size} at point {@code i} of their rows. */
    float[][] columns(float[][][] group, int i, int size, int length) {
      for (int column = 0; column < TILE; column++) {
        columns[column] = group[column][i];
        if (size > TILE) {
          columns[TILE + column] = sums[column];
          System.arraycopy(group[column][i], 1, sums[column], 0, length - 1);
          sums[column][length - 1] = 0;
        }
      }
      return columns;
    }

    /** The transpose of {@link #columns}, for inputs: from the sums. */
    void fold(float[][][] group, int i, int length) {
      for (int column = 0; column < TILE; column++) {
        float[] to = group[column][i];
        System.arraycopy(sums[TILE + column], 0, to, 1, length - 1);
        to[0] = 0;
        add(sums[column], to, length);
      }
    }

    private static void add(float[] x, float[] to, int length) {
      for (int i = 0; i < length; i++) {
        to[i] += x[i];
      }
    }
  }
}
