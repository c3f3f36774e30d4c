package org.ipt4j.cli;

import java.io.Serializable;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How photographs are restored, and written, as options. */
public final class Restoring implements Serializable {
  private static final long serialVersionUID = 1;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      converter = FormatConverter.class,
      description =
          "png, jpg, tif or bmp; otherwise the image's own format, or PNG for GIF and WebP.")
  private ImageFormat format;

  @Option(
      names = "--ensemble",
      description =
          "Restore all eight flips and rotations and take the mean: a little better, eight times"
              + " as slow.")
  private boolean ensemble;

  @Option(
      names = "--overlap",
      paramLabel = "PIXELS",
      description =
          "Overlap of neighbouring tiles, less than a tile's side; by default an eighth of it.")
  private Integer overlap;

  @Option(
      names = "--batch",
      paramLabel = "TILES",
      description =
          "Tiles per pass; more need more memory. By default "
              + ImageRestorer.TILES_PER_THREAD
              + " for each thread on processors, more on a GPU.")
  private Integer batch;

  /** By its ending, as in files' names. */
  private static final class FormatConverter implements ITypeConverter<ImageFormat> {
    @Override
    public ImageFormat convert(String ending) {
      try {
        return ImageFormat.ofEnding(ending);
      } catch (IllegalArgumentException unknown) {
        throw new TypeConversionException(unknown.getMessage());
      }
    }
  }

  /** A result's format, of an image of the format {@code own}. */
  public ImageFormat format(ImageFormat own) {
    return format != null ? format : own;
  }

  /** A restorer as asked for. */
  public ImageRestorer restorer(IptModel model) {
    int shared = overlap != null ? overlap : ImageRestorer.defaultOverlap(model.config());
    ImageRestorer plain = new ImageRestorer(model).overlapping(shared);
    if (batch != null) {
      plain = plain.inBatchesOf(batch);
    }
    return ensemble ? plain.ensembling() : plain;
  }
}
