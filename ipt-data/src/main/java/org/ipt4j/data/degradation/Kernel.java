package org.ipt4j.data.degradation;

import java.util.Map;
import java.util.TreeMap;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;

/** The weights of a blur around a pixel: normalised to sum 1, image edges mirrored. */
final class Kernel {
  private record Place(int dy, int dx) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      return dy != other.dy ? Integer.compare(dy, other.dy) : Integer.compare(dx, other.dx);
    }
  }

  // sorted, so that sums are made in one order
  private final Map<Place, Double> weights = new TreeMap<>();
  private double sum;

  void add(int dy, int dx, double weight) {
    if (weight > 0) {
      weights.merge(new Place(dy, dx), weight, Double::sum);
      sum += weight;
    }
  }

  Image applyTo(Image image) {
    int height = image.height();
    int width = image.width();
    float[] in = image.pixels();
    float[] out = new float[in.length];
    weights.forEach(
        (place, weight) -> {
          float share = (float) (weight / sum);
          int[] columns = new int[width];
          for (int x = 0; x < width; x++) {
            columns[x] = Bicubic.mirrored(x + place.dx, width);
          }
          for (int y = 0; y < Image.CHANNELS * height; y++) {
            int plane = y / height * height;
            int from = (plane + Bicubic.mirrored(y - plane + place.dy, height)) * width;
            for (int x = 0; x < width; x++) {
              out[y * width + x] += share * in[from + columns[x]];
            }
          }
        });
    for (int i = 0; i < out.length; i++) {
      out[i] = Image.clip(out[i]); // white may have become 255.00002
    }
    return new Image(height, width, out);
  }
}
