package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.degradation.Degradation;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchivesTest {
  private static final Image IMAGE = Images.noise(20, 20, Randomness.at(1));

  @TempDir Path folder;

  private byte[] png() throws IOException {
    Path file = folder.resolve("tmp/image.png");
    ImageFiles.write(IMAGE, file);
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    return bytes;
  }

  private static List<String> names(ImageSource source) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < source.size(); i++) {
      names.add(source.name(i));
    }
    return names;
  }

  private static void assertReadable(ImageSource source) throws UnreadableImageException {
    for (int i = 0; i < source.size(); i++) {
      assertThat(source.image(i)).as(source.name(i)).isEqualTo(IMAGE);
    }
  }

  /** One member: header, content, padding. */
  private static byte[] member(String name, char type, byte[] content) {
    byte[] all = new byte[512 + (content.length + 511) / 512 * 512];
    put(all, 0, name);
    put(all, 100, "0000644\0");
    put(all, 124, String.format("%011o\0", content.length));
    all[156] = (byte) type;
    put(all, 257, "ustar\00000");
    putSum(all);
    System.arraycopy(content, 0, all, 512, content.length);
    return all;
  }

  private static void putSum(byte[] member) {
    put(member, 148, " ".repeat(8));
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += member[i] & 0xFF;
    }
    put(member, 148, String.format("%06o\0 ", sum));
  }

  private static byte[] link(String name, char type, String target) {
    byte[] all = member(name, type, new byte[0]);
    put(all, 157, target);
    putSum(all);
    return all;
  }

  /** The member with its size as GNU tar writes those that octal digits cannot. */
  private static byte[] binary(byte[] member, long size) {
    Arrays.fill(member, 124, 136, (byte) 0);
    member[124] = (byte) 0x80;
    ByteBuffer.wrap(member).putLong(128, size);
    putSum(member);
    return member;
  }

  private static void put(byte[] target, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, target, at, bytes.length);
  }

  private Path tar(String name, byte[]... members) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] member : members) {
      all.write(member);
    }
    all.write(new byte[1024]);
    return Files.write(folder.resolve(name), all.toByteArray());
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void tarShardIsReadInPlace() throws Exception {
    byte[] png = png();
    String longName = "n".repeat(120) + "/000003.png";
    String record = "path=" + "ü".repeat(60) + "/000004.png\n";
    int length = text(record).length + 4;
    Path shard =
        tar(
            "shard-000000.tar",
            member("./000001.png", '0', png),
            member("000001.cls", '0', text("7")),
            member("folder.png/", '5', new byte[0]),
            member("000002.png", '\0', png),
            member("././@LongLink", 'L', text(longName + "\0")),
            member("short", '0', png),
            member("pax", 'x', text(length + " " + record)),
            member("short", '0', png),
            link("link.png", '2', "000002.png"));
    ImageSource source = ImageSource.open(shard);
    assertThat(names(source))
        .containsExactly(
            "shard-000000.tar/./000001.png",
            "shard-000000.tar/000002.png",
            "shard-000000.tar/" + longName,
            "shard-000000.tar/" + "ü".repeat(60) + "/000004.png",
            "shard-000000.tar/link.png");
    assertReadable(source);
  }

  @Test
  void tarOfOtherToolsIsRead() throws Exception {
    byte[] png = png();
    Path deep = folder.resolve("in").resolve("d".repeat(90)).resolve("e".repeat(50));
    Files.createDirectories(deep);
    Files.write(folder.resolve("in/a.png"), png);
    Files.write(deep.resolve("b.png"), png);
    for (String format : new String[] {"gnu", "ustar", "pax", "v7"}) {
      Path file = folder.resolve(format + ".tar");
      String[] command = {"tar", "--format=" + format, "-C", folder + "/in", "-cf", "" + file, "."};
      if (format.equals("v7")) {
        command[command.length - 1] = "a.png";
      }
      Process tar;
      try {
        tar = new ProcessBuilder(command).redirectErrorStream(true).start();
      } catch (IOException noTar) {
        Assumptions.abort("skipped: no tar here");
        return;
      }
      Assumptions.assumeTrue(tar.waitFor() == 0, "skipped: this tar knows no " + format);
      ImageSource source = ImageSource.open(file);
      assertThat(names(source)).as(format).anyMatch(name -> name.endsWith("/a.png"));
      if (!format.equals("v7")) {
        String deepName = "/" + folder.resolve("in").relativize(deep) + "/b.png";
        assertThat(names(source)).as(format).hasSize(2).anyMatch(name -> name.endsWith(deepName));
      }
      assertReadable(source);
    }
  }

  @Test
  void brokenTarIsReadAsFarAsItGoes() throws Exception {
    byte[] png = png();
    byte[] broken = member("000002.png", '0', png);
    broken[3] ^= 1; // the checksum is wrong now
    ImageSource source =
        ImageSource.open(
            tar("broken.tar", member("000001.png", '0', png), broken, member("3.png", '0', png)));
    assertThat(names(source)).containsExactly("broken.tar/000001.png", "broken.tar");
    assertThat(source.image(0)).isEqualTo(IMAGE);
    assertThatThrownBy(() -> source.image(1))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageMatching("broken.tar: damaged at byte \\d+, what follows cannot be read");
    Patches patches =
        new Patches(source, Degradation.parse("denoise30"), new PatchOptions(9, 8, 1));
    patches.batch(0);
    assertThat(patches.skipped()).isEqualTo(1);

    byte[] whole = Files.readAllBytes(tar("whole.tar", member("a.png", '0', png)));
    Path cut = Files.write(folder.resolve("cut.tar"), Arrays.copyOf(whole, 700));
    assertThatThrownBy(() -> ImageSource.open(cut).image(0))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage("cut.tar/a.png: cut short");
    Path noTar = Files.write(folder.resolve("no.tar"), text("This is no tar."));
    assertThatThrownBy(() -> ImageSource.open(noTar).image(0))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("no.tar: damaged at byte 0");
  }

  @Test
  void linksWithinATarAreFollowed() throws Exception {
    byte[] png = png();
    String longName = "n".repeat(120) + ".png";
    String record = "linkpath=../" + longName + "\n";
    Path shard =
        tar(
            "links.tar",
            link("a/0.png", '2', "../b/./1.png"), // ahead of what it leads to
            member("./b/1.png", '0', png),
            link("2.png", '1', "./b/1.png"),
            link("c/3.png", '2', "../a/0.png"), // a link to a link
            member("././@LongLink", 'L', text(longName + "\0")),
            member("short", '0', png),
            member("././@LongLink", 'K', text(longName + "\0")),
            link("4.png", '1', "short"),
            member("pax", 'x', text((text(record).length + 4) + " " + record)),
            link("a/5.png", '2', "short"),
            link("notes.txt", '2', "gone.txt"),
            member("last.png", '0', png));
    ImageSource source = ImageSource.open(shard);
    assertThat(names(source))
        .containsExactly(
            "links.tar/a/0.png",
            "links.tar/./b/1.png",
            "links.tar/2.png",
            "links.tar/c/3.png",
            "links.tar/" + longName,
            "links.tar/4.png",
            "links.tar/a/5.png",
            "links.tar/last.png");
    assertReadable(source);
  }

  @Test
  void linksThatLeadOutOfATarCannotBeRead() throws Exception {
    byte[] png = png();
    Files.write(folder.resolve("a.png"), png);
    ImageSource source =
        ImageSource.open(
            tar(
                "out.tar",
                link("0.png", '2', "" + folder.resolve("a.png")),
                link("1.png", '2', "../a.png"),
                link("2.png", '2', "2.png"), // round and round
                link("3.png", '1', "blob"),
                link("4.png", '2', "a/../../a.png"),
                member("blob", '0', png),
                member("a.png", '0', png)));
    assertThat(source.size()).isEqualTo(6);
    assertThat(source.image(5)).isEqualTo(IMAGE);
    for (int i = 0; i < 5; i++) {
      int index = i;
      assertThatThrownBy(() -> source.image(index))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageMatching(
              "out.tar/" + i + ".png: a link to .+, which is no image of the archive");
    }
  }

  @Test
  void sizesMayBeBinary() throws Exception {
    byte[] png = png();
    byte[] notes = new byte[0x12345];
    ImageSource source =
        ImageSource.open(
            tar(
                "binary.tar",
                binary(member("a.png", '0', png), png.length),
                binary(member("notes", '0', notes), notes.length),
                member("b.png", '0', png)));
    assertThat(names(source)).containsExactly("binary.tar/a.png", "binary.tar/b.png");
    assertThat(source.image(0)).isEqualTo(IMAGE);
    assertThat(source.image(1)).isEqualTo(IMAGE);

    for (long size : new long[] {-1, Long.MAX_VALUE}) {
      Path path = tar("size.tar", binary(member("a.png", '0', png), size));
      assertThat(names(ImageSource.open(path))).containsExactly("size.tar");
    }
  }

  @Test
  void tarNeedsNoEndMark() throws Exception {
    byte[] png = png();
    byte[] whole = Files.readAllBytes(tar("whole.tar", member("a.png", '0', png)));
    for (int length : new int[] {whole.length - 1024, 512 + png.length}) {
      Path path = Files.write(folder.resolve("open.tar"), Arrays.copyOf(whole, length));
      ImageSource source = ImageSource.open(path);
      assertThat(names(source)).containsExactly("open.tar/a.png");
      assertThat(source.image(0)).isEqualTo(IMAGE);
    }
  }

  @Test
  void tarThatSaysNonsenseEnds() throws Exception {
    byte[] png = png();
    byte[] whole =
        Files.readAllBytes(
            tar(
                "whole.tar",
                member("a.png", '0', png),
                member("pax", 'x', text("20 path=b.png\n")),
                member("b.png", '0', png)));
    for (int seed = 0; seed < 300; seed++) {
      var random = Randomness.at(seed);
      byte[] damaged = whole.clone();
      for (int i = 0; i < 3; i++) {
        int at = random.nextInt(damaged.length);
        damaged[at] = (byte) random.nextInt(256);
        // a right checksum, so that the rest of the header is believed
        int header = at / 512 * 512;
        int sum = 8 * ' ';
        for (int k = header; k < header + 512; k++) {
          sum += k - header >= 148 && k - header < 156 ? 0 : damaged[k] & 0xFF;
        }
        put(damaged, header + 148, String.format("%06o\0 ", sum));
      }
      Path file = Files.write(folder.resolve("damaged.tar"), damaged);
      try {
        ImageSource source = ImageSource.open(file);
        for (int i = 0; i < source.size(); i++) {
          source.image(i);
        }
      } catch (UnreadableImageException documented) {
        assertThat(documented).hasMessageStartingWith("damaged.tar");
      } catch (IllegalArgumentException none) {
        assertThat(none).hasMessageContaining("no image in");
      }
    }
  }

  @Test
  void zipIsReadInPlace() throws Exception {
    Path file = folder.resolve("images.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name : new String[] {"b.png", "a/c.png", "a/", "notes.txt"}) {
        zip.putNextEntry(new ZipEntry(name));
        if (!name.endsWith("/")) {
          zip.write(png());
        }
      }
    }
    ImageSource source = ImageSource.open(file);
    assertThat(names(source)).containsExactly("images.zip/a/c.png", "images.zip/b.png");
    assertReadable(source);
    Path cut = folder.resolve("cut.zip");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(file), 200));
    assertThatThrownBy(() -> ImageSource.open(cut))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("cut.zip: ");
  }

  /** Java finds members by their names. */
  @Test
  void zipMembersOfOneNameCannotBeRead() throws Exception {
    Path file = folder.resolve("twice.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name : new String[] {"1.png", "2.png", "3.png"}) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(png());
      }
    }
    byte[] renamed =
        new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
            .replace("2.png", "1.png")
            .getBytes(StandardCharsets.ISO_8859_1);
    ImageSource source = ImageSource.open(Files.write(file, renamed));
    assertThat(names(source))
        .containsExactly("twice.zip/1.png", "twice.zip/1.png", "twice.zip/3.png");
    for (int i = 0; i < 2; i++) {
      int index = i;
      assertThatThrownBy(() -> source.image(index))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage("twice.zip/1.png: several members have this name");
    }
    assertThat(source.image(2).height()).isPositive();
  }

  /** As Windows and old tools write them, in the code page of their place. */
  @ParameterizedTest
  @ValueSource(strings = {"IBM437", "IBM850", "windows-31j", "GBK", "EUC-KR", "ISO-8859-1"})
  void zipNamesMayBeInAnyEncoding(String charset) throws Exception {
    Path file = folder.resolve("old.zip");
    String foreign =
        switch (charset) {
          case "windows-31j" -> "写真ソ"; // its last byte is that of a backslash
          case "GBK" -> "图片";
          case "EUC-KR" -> "사진";
          default -> "é";
        };
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(file), Charset.forName(charset))) {
      for (String name : new String[] {"a/" + foreign + "0.png", foreign + "1.png", "c.png"}) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(png());
      }
    }
    for (Path path : new Path[] {file, folder}) {
      ImageSource source = ImageSource.open(path);
      assertThat(names(source)).as(charset).hasSize(3).contains("old.zip/c.png");
      assertThat(names(source)).anyMatch(name -> name.startsWith("old.zip/a/"));
      assertReadable(source);
    }
    if (charset.equals("IBM437")) { // the format's own
      assertThat(names(ImageSource.open(file))).contains("old.zip/é1.png");
    }
  }

  /** Every byte there is in a name, so that each is found again by the name it was given. */
  @Test
  void zipNamesOfAnyBytesAreFound() throws Exception {
    Path file = folder.resolve("bytes.zip");
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(file), StandardCharsets.ISO_8859_1)) {
      for (int i = 1; i < 256; i++) {
        if (i != '/' && i != '.') {
          zip.putNextEntry(new ZipEntry("x" + (char) i + ".png"));
          zip.write(png());
        }
      }
    }
    ImageSource source = ImageSource.open(file);
    assertThat(names(source)).hasSize(253).doesNotHaveDuplicates();
    assertReadable(source);
  }

  /** Names marked as UTF-8 are that beside others that are not. */
  @Test
  void zipNamesAreReadAsTheyAreMarked() throws Exception {
    Path file = folder.resolve("mixed.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name : new String[] {"ü.png", "画.png"}) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(png());
      }
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i < bytes.length - 46; i++) { // the first letter of ü.png: now of no UTF-8
      boolean local = bytes[i] == 'P' && bytes[i + 1] == 'K' && bytes[i + 2] == 3;
      boolean central = bytes[i] == 'P' && bytes[i + 1] == 'K' && bytes[i + 2] == 1;
      int name = i + (local ? 30 : 46);
      if ((local || central) && bytes[name] == (byte) 0xC3) {
        bytes[name] = (byte) 0xFF;
        bytes[i + (local ? 7 : 9)] &= ~8; // nor marked as such
      }
    }
    Files.write(file, bytes);
    ImageSource source = ImageSource.open(file);
    assertThat(names(source)).hasSize(2).contains("mixed.zip/画.png");
    assertReadable(source);
  }

  @Test
  void listNamesFilesFromItsFolder() throws Exception {
    byte[] png = png();
    Files.createDirectories(folder.resolve("set/deep"));
    Files.write(folder.resolve("set/deep/b.png"), png);
    Path elsewhere = Files.write(folder.resolve("elsewhere.png"), png);
    Path list = folder.resolve("set/train.txt");
    Files.write(list, List.of("# training", "deep/b.png", "", "" + elsewhere, "gone.png"));
    ImageSource source = ImageSource.open(list);
    assertThat(source.size()).isEqualTo(3);
    assertThat(source.image(0)).isEqualTo(IMAGE);
    assertThat(source.image(1)).isEqualTo(IMAGE);
    assertThat(source.name(0)).isEqualTo("deep/b.png");
    assertThat(source.name(1)).doesNotStartWith("/").endsWith("elsewhere.png");
    assertThatThrownBy(() -> source.image(2))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("gone.png: no such file");
  }

  @Test
  void pathsThatLeadOutAreRefused() throws Exception {
    byte[] png = png();
    Files.write(folder.resolve("secret.png"), png);
    Files.createDirectories(folder.resolve("set"));
    Path list = Files.write(folder.resolve("set/list.txt"), List.of("a/../../secret.png"));
    Path shard = tar("out.tar", member("../secret.png", '0', png));
    Path ofWindows = tar("windows.tar", member("a\\..\\..\\secret.png", '0', png));
    for (Path path : new Path[] {list, shard, ofWindows}) {
      ImageSource source = ImageSource.open(path);
      assertThatThrownBy(() -> source.image(0))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageEndingWith("secret.png: its path leads out of the data set");
    }
  }

  @Test
  void folderOfShardsIsOneSource() throws Exception {
    byte[] png = png();
    tar("shard-1.tar", member("x.png", '0', png), member("y.png", '0', png));
    tar("shard-0.tar", member("x.png", '0', png));
    tar("shard-2.tar");
    tar("shard-3.tar", member("z.png", '0', png));
    Files.write(folder.resolve("loose.png"), png);
    ImageSource source = ImageSource.open(folder);
    assertThat(names(source))
        .containsExactly(
            "loose.png",
            "shard-0.tar/x.png",
            "shard-1.tar/x.png",
            "shard-1.tar/y.png",
            "shard-3.tar/z.png");
    assertReadable(source);
  }

  @Test
  void lostShardIsOneImageThatCannotBeRead() throws Exception {
    tar("shard-1.tar", member("x.png", '0', png()));
    Files.write(folder.resolve("shard-0.zip"), text("This is no zip."));
    ImageSource source = ImageSource.open(folder);
    assertThat(names(source)).containsExactly("shard-0.zip", "shard-1.tar/x.png");
    assertThat(source.image(1)).isEqualTo(IMAGE);
    assertThatThrownBy(() -> source.image(0))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageMatching("shard-0.zip: .*zip.*");
  }

  /** As one without permission, which tests that run as root cannot have. */
  @Test
  void anArchiveThatCannotBeOpenedDoesNotEndTheFolder() throws Exception {
    tar("shard-1.tar", member("x.png", '0', png()));
    for (String name : new String[] {"shard-0.tar", "shard-2.zip"}) {
      Files.createSymbolicLink(folder.resolve(name), folder.resolve("gone"));
    }
    ImageSource source = ImageSource.open(folder);
    assertThat(names(source)).containsExactly("shard-0.tar", "shard-1.tar/x.png", "shard-2.zip");
    assertThat(source.image(1)).isEqualTo(IMAGE);
    for (int lost : new int[] {0, 2}) {
      assertThatThrownBy(() -> source.image(lost))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage(source.name(lost) + ": a link that leads nowhere");
    }
  }

  @Test
  void anArchiveWithoutPermissionIsNamed() throws Exception {
    Path file = tar("shard-0.tar", member("x.png", '0', png()));
    tar("shard-1.tar", member("x.png", '0', png()));
    Assumptions.assumeTrue(
        file.toFile().setReadable(false) && !Files.isReadable(file), "skipped: all may be read");
    assertThatThrownBy(() -> ImageSource.open(folder).image(0))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage("shard-0.tar: access denied");
  }

  @Test
  void otherFilesAreRefused() throws Exception {
    Path file = Files.write(folder.resolve("a.7z"), text("?"));
    assertThatThrownBy(() -> ImageSource.open(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("images come as a folder, .tar, .zip or a list .txt, got " + file);
  }
}
