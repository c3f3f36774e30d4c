package org.ipt4j.web;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ipt4j.data.image.Picture;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;

/**
 * What is asked for.
 *
 * @param crop the part of the image, or null for all of it
 */
record Order(Task task, Crop crop) {
  private static final long MOST_OF_A_PREVIEW = 300_000; // pixels, two seconds

  private static final int LONGEST_NAME = 200;

  /** A part of an image, in its pixels. */
  record Crop(int x, int y, int width, int height) {
    private static final Pattern FORM =
        Pattern.compile("(\\d{1,9}),(\\d{1,9}),(\\d{1,9}),(\\d{1,9})");

    static Crop of(String text) throws Refusal {
      Matcher numbers = FORM.matcher(text);
      if (!numbers.matches()) {
        throw new Refusal(400, "expected crop=x,y,width,height in pixels, got " + text);
      }
      return new Crop(
          Integer.parseInt(numbers.group(1)),
          Integer.parseInt(numbers.group(2)),
          Integer.parseInt(numbers.group(3)),
          Integer.parseInt(numbers.group(4)));
    }
  }

  /** Reads a query's {@code task} and {@code crop}. */
  static Order of(Map<String, String> query, IptModel model) throws Refusal {
    String name = query.get("task");
    if (name == null || name.isBlank() || name.length() > LONGEST_NAME) {
      throw new Refusal(400, "expected ?task=NAME, one of " + names(model));
    }
    String crop = query.get("crop");
    try {
      return new Order(model.task(name), crop == null ? null : Crop.of(crop));
    } catch (IllegalArgumentException none) {
      throw new Refusal(400, Answers.oneLine(none.getMessage()));
    }
  }

  private static String names(IptModel model) {
    return String.join(", ", model.tasks().stream().map(Task::name).toList());
  }

  /** Whether it is done before whole images: a crop of a size that takes a second or two. */
  boolean isPreview() {
    return crop != null && (long) crop.width() * crop.height() <= MOST_OF_A_PREVIEW;
  }

  /** The part of the image that is asked for. */
  Picture of(Picture whole) {
    return crop == null ? whole : whole.crop(crop.y(), crop.x(), crop.height(), crop.width());
  }
}
