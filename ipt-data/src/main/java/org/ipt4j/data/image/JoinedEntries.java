package org.ipt4j.data.image;

import java.io.IOException;
import java.util.List;
import javax.imageio.stream.ImageInputStream;

/** Several sets of entries, one after another. */
final class JoinedEntries implements StoredImages.Entries {
  private final List<StoredImages.Entries> parts;
  // ends[i]: how many entries the parts up to and with i have
  private final int[] ends;

  JoinedEntries(List<StoredImages.Entries> parts) {
    this.parts = List.copyOf(parts);
    this.ends = new int[parts.size()];
    int end = 0;
    for (int i = 0; i < ends.length; i++) {
      end = Math.addExact(end, parts.get(i).size());
      ends[i] = end;
    }
  }

  private int part(int index) {
    // the first whose end lies beyond; parts may be empty, so ends may repeat
    int low = 0;
    int high = ends.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] > index) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  @Override
  public int size() {
    return ends[ends.length - 1];
  }

  @Override
  public String name(int index) {
    int part = part(index);
    return parts.get(part).name(index - (part == 0 ? 0 : ends[part - 1]));
  }

  @Override
  public ImageInputStream open(int index) throws IOException {
    int part = part(index);
    return parts.get(part).open(index - (part == 0 ? 0 : ends[part - 1]));
  }
}
