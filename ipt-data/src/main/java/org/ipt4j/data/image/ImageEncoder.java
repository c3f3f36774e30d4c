package org.ipt4j.data.image;

import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.plugins.tiff.BaselineTIFFTagSet;
import javax.imageio.plugins.tiff.TIFFDirectory;
import javax.imageio.plugins.tiff.TIFFField;
import javax.imageio.plugins.tiff.TIFFTag;
import javax.imageio.stream.ImageOutputStream;
import org.ipt4j.weights.AtomicFiles;
import org.w3c.dom.Node;

/** Writes image files, complete or not at all, with a colour profile. */
final class ImageEncoder {
  private static final float JPEG_QUALITY = 0.95f;
  private static final int JPEG_PART = 65_519; // of a profile, in one segment
  private static final int ICC_TAG = 34675;
  private static final String PNG_TREE = "javax_imageio_png_1.0";
  private static final String JPEG_TREE = "javax_imageio_jpeg_image_1.0";

  private ImageEncoder() {}

  /**
   * Writes a file; missing parent folders are made.
   *
   * @param profile an ICC profile that fits the image, or null
   */
  static void write(RenderedImage image, byte[] profile, ImageFormat format, Path file)
      throws IOException {
    AtomicFiles.write(
        file,
        channel -> {
          try (ChannelStream stream = new ChannelStream(channel, format)) {
            write(image, profile, format, stream);
          } catch (IOException e) { // of which some writers hide what the disk says
            IOException named =
                new FileSystemException(file.toString(), null, UnreadableImageException.reason(e));
            named.initCause(e);
            throw named;
          }
        });
  }

  static void write(
      RenderedImage image, byte[] profile, ImageFormat format, ImageOutputStream stream)
      throws IOException {
    ImageWriter writer = writer(format);
    try {
      ImageWriteParam param = writer.getDefaultWriteParam();
      if (format == ImageFormat.JPEG) {
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(JPEG_QUALITY);
      } else if (format == ImageFormat.TIFF) {
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionType("Deflate");
      }
      IIOMetadata metadata =
          writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), param);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, with(profile, metadata, format)), param);
    } finally {
      writer.dispose();
    }
  }

  // Java's own: others that may be on the class path want all of an image at once
  private static ImageWriter writer(ImageFormat format) {
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName(format.name());
    while (writers.hasNext()) {
      ImageWriter writer = writers.next();
      if ("java.desktop".equals(writer.getClass().getModule().getName())) {
        return writer;
      }
    }
    throw new IllegalStateException("this Java cannot write " + format);
  }

  private static IIOMetadata with(byte[] profile, IIOMetadata metadata, ImageFormat format)
      throws IOException {
    if (profile == null) {
      return metadata;
    }
    switch (format) {
      case PNG -> {
        IIOMetadataNode node = new IIOMetadataNode("iCCP");
        node.setAttribute("profileName", "ICC profile");
        node.setAttribute("compressionMethod", "deflate");
        node.setUserObject(deflated(profile));
        IIOMetadataNode root = new IIOMetadataNode(PNG_TREE);
        root.appendChild(node);
        metadata.mergeTree(PNG_TREE, root);
      }
      case JPEG -> {
        Node root = metadata.getAsTree(JPEG_TREE);
        addSegments(profile, root.getLastChild());
        metadata.setFromTree(JPEG_TREE, root);
      }
      case TIFF -> {
        TIFFDirectory directory = TIFFDirectory.createFromMetadata(metadata);
        TIFFTag tag = BaselineTIFFTagSet.getInstance().getTag(ICC_TAG);
        directory.addTIFFField(new TIFFField(tag, TIFFTag.TIFF_UNDEFINED, profile.length, profile));
        return directory.getAsMetadata();
      }
      case BMP -> {} // has none
    }
    return metadata;
  }

  private static byte[] deflated(byte[] bytes) throws IOException {
    ByteArrayOutputStream deflated = new ByteArrayOutputStream();
    try (DeflaterOutputStream stream = new DeflaterOutputStream(deflated)) {
      stream.write(bytes);
    }
    return deflated.toByteArray();
  }

  // APP2, as ICC.1 annex B.4 says: numbered parts, ahead of the tables and the image
  private static void addSegments(byte[] profile, Node markers) {
    int parts = (profile.length + JPEG_PART - 1) / JPEG_PART;
    Node first = markers.getFirstChild();
    for (int i = 0; i < parts; i++) {
      ByteArrayOutputStream segment = new ByteArrayOutputStream();
      segment.writeBytes("ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII));
      segment.write(i + 1);
      segment.write(parts);
      segment.writeBytes(
          Arrays.copyOfRange(
              profile, i * JPEG_PART, Math.min(profile.length, (i + 1) * JPEG_PART)));
      IIOMetadataNode node = new IIOMetadataNode("unknown");
      node.setAttribute("MarkerTag", String.format(Locale.ROOT, "%d", 0xE2));
      node.setUserObject(segment.toByteArray());
      markers.insertBefore(node, first);
    }
  }
}
