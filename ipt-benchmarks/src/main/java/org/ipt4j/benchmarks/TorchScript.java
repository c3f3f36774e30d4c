package org.ipt4j.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the network as TorchScript, the program PyTorch itself runs without Python: every
 * operation is one of PyTorch's own (fused layer norm, {@code scaled_dot_product_attention}, one
 * product for queries, keys and values, ReLU in place, Adam over all parameters in one fused call),
 * and a whole training step is one call from Java. The weights are the last argument's list, in the
 * order of {@code names}.
 */
final class TorchScript {
  private static final String INDENT = "    ";

  private final Case of;
  private final List<String> names;
  private final StringBuilder code = new StringBuilder();

  private TorchScript(Case of, List<String> names) {
    this.of = of;
    this.names = names;
  }

  /** Writes the program that does {@code work}. */
  static void write(Case of, Case.Work work, List<String> names, Path file) throws IOException {
    TorchScript script = new TorchScript(of, names);
    String forward =
        switch (work) {
          case TRAINING -> script.training();
          case INFERENCE -> script.inference();
          case PICTURE -> script.picture();
        };
    String program =
        "class Ipt(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
            + script.network()
            + forward;
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      entry(zip, "data.pkl", module());
      entry(zip, "code/__torch__.py", program.getBytes(StandardCharsets.UTF_8));
      entry(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'}); // the empty tuple
      entry(zip, "version", "10\n".getBytes(StandardCharsets.UTF_8));
    }
  }

  /** An instance of the class without state, pickled. */
  private static byte[] module() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, 2});
    out.writeBytes("c__torch__\nIpt\n)".getBytes(StandardCharsets.UTF_8));
    out.writeBytes(new byte[] {(byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
    out.writeBytes("training".getBytes(StandardCharsets.UTF_8));
    out.writeBytes(new byte[] {(byte) 0x89, 'u', 'b', '.'});
    return out.toByteArray();
  }

  private static void entry(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry("ipt/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  private String training() {
    return """
      def forward(self: __torch__.Ipt, x: Tensor, target: Tensor, mean: Tensor, enlarge: Tensor,
          step: Tensor, w: List[Tensor], d: List[Tensor], m: List[Tensor], v: List[Tensor]) -> Tensor:
        torch.set_grad_enabled(True)
        y = (self).network(x, mean, enlarge, w)
        loss = torch.l1_loss(y, target, 1)
        grads = torch.grad([loss], w, None, None, False, False)
        g = annotate(List[Tensor], [])
        steps = annotate(List[Tensor], [])
        torch.add_(step, 1)
        for i in range(torch.len(grads)):
          gi = grads[i]
          if torch.__isnot__(gi, None):
            torch.append(g, unchecked_cast(Tensor, gi))
            torch.append(steps, step)
          else:
            pass
        torch._fused_adam_(d, g, m, v, annotate(List[Tensor], []), steps, lr=RATE, beta1=0.9,
            beta2=0.999, weight_decay=0., eps=1e-8, amsgrad=False, maximize=False)
        return torch.detach(loss)
    """
        .replace("RATE", Double.toString(Case.RATE));
  }

  private String inference() {
    return """
      def forward(self: __torch__.Ipt, x: Tensor, mean: Tensor, enlarge: Tensor,
          w: List[Tensor]) -> Tensor:
        return (self).network(x, mean, enlarge, w)
    """;
  }

  /** Tiles in batches, summed with the window's weights. */
  private String picture() {
    List<Integer> starts = new ArrayList<>();
    int last = Case.PICTURE_SIDE - of.side();
    for (int start = 0; start < last; start += of.side() - Case.OVERLAP) {
      starts.add(start);
    }
    starts.add(last);
    List<Integer> tops = new ArrayList<>();
    List<Integer> lefts = new ArrayList<>();
    for (int top : starts) {
      for (int left : starts) {
        tops.add(top);
        lefts.add(left);
      }
    }
    return """
      def forward(self: __torch__.Ipt, x: Tensor, mean: Tensor, enlarge: Tensor, window: Tensor,
          w: List[Tensor]) -> Tensor:
        tops = TOPS
        lefts = LEFTS
        sum = torch.zeros([1, 3, LARGE, LARGE])
        weight = torch.zeros([1, 1, LARGE, LARGE])
        first = 0
        while first < TILES:
          count = min(BATCH, TILES - first)
          tiles = annotate(List[Tensor], [])
          for i in range(count):
            t = torch.narrow(x, 2, tops[first + i], SIDE)
            torch.append(tiles, torch.narrow(t, 3, lefts[first + i], SIDE))
          y = torch.mul((self).network(torch.cat(tiles), mean, enlarge, w), window)
          for i in range(count):
            at = torch.narrow(sum, 2, 2 * tops[first + i], 2 * SIDE)
            torch.add_(torch.narrow(at, 3, 2 * lefts[first + i], 2 * SIDE), y[i])
            of = torch.narrow(weight, 2, 2 * tops[first + i], 2 * SIDE)
            torch.add_(torch.narrow(of, 3, 2 * lefts[first + i], 2 * SIDE), window)
          first = first + count
        return torch.clamp(torch.round(torch.div(sum, weight)), 0., 255.)
    """
        .replace("TOPS", tops.toString())
        .replace("LEFTS", lefts.toString())
        .replace("TILES", Integer.toString(tops.size()))
        .replace("LARGE", Integer.toString(Case.SCALE * Case.PICTURE_SIDE))
        .replace("BATCH", Integer.toString(of.batch))
        .replace("SIDE", Integer.toString(of.side()));
  }

  /** The network of the figure: {@code network(x, mean, enlarge, w)}, and the parts it calls. */
  private String network() {
    int d = of.embedding();
    int c = of.config.features();
    int p = of.config.patchSide();
    int grid = of.side() / p;
    line("x0 = torch.sub(x, mean)");
    line("f = %s", conv("x0", "head.0.0"));
    for (int i = 1; i <= 2; i++) {
      String inner = "torch.relu_(" + conv("f", "head.0." + i + ".body.0") + ")";
      line("f = torch.add(f, %s)", conv(inner, "head.0." + i + ".body.2"));
    }
    line("t = torch.reshape(f, [-1, %d, %d, %d, %d, %d])", c, grid, p, grid, p);
    line("t = torch.reshape(torch.permute(t, [0, 2, 4, 1, 3, 5]), [-1, %d, %d])", of.tokens(), d);
    line("t = torch.add(t, %s)", linear("t", "body.linear_encoding"));
    line("t = torch.add(t, %s)", weight("body.position_encoding.pe.weight"));
    for (int i = 0; i < of.config.encoderLayers(); i++) {
      String layer = "body.encoder.layers." + i;
      line("n = %s", norm("t", layer + ".norm1"));
      String in = weight(layer + ".self_attn.in_proj_weight");
      line("q, k, v = torch.chunk(torch.linear(n, %s), 3, -1)", in);
      attend(layer + ".self_attn");
      feedForward(layer, layer + ".norm2");
    }
    line("memory = t");
    String task = weight("body.query_embed.weight.0");
    for (int i = 0; i < of.config.decoderLayers(); i++) {
      String layer = "body.decoder.layers." + i;
      line("n = %s", norm("t", layer + ".norm1"));
      String in = weight(layer + ".self_attn.in_proj_weight");
      line("wqk, wv = torch.split(%s, [%d, %d])", in, 2 * d, d);
      line("q, k = torch.chunk(torch.linear(torch.add(n, %s), wqk), 2, -1)", task);
      line("v = torch.linear(n, wv)");
      attend(layer + ".self_attn");
      line("n = %s", norm("t", layer + ".norm2"));
      in = weight(layer + ".multihead_attn.in_proj_weight");
      line("wq, wkv = torch.split(%s, [%d, %d])", in, d, 2 * d);
      line("q = torch.linear(torch.add(n, %s), wq)", task);
      line("k, v = torch.chunk(torch.linear(memory, wkv), 2, -1)");
      attend(layer + ".multihead_attn");
      feedForward(layer, layer + ".norm3");
    }
    line("h = torch.relu_(%s)", linear("t", "body.mlp_head.0"));
    line("t = torch.add(t, %s)", linear("h", "body.mlp_head.3"));
    line("t = torch.reshape(t, [-1, %d, %d, %d, %d, %d])", grid, grid, c, p, p);
    line("t = torch.permute(t, [0, 3, 1, 4, 2, 5])");
    line("f = torch.add(f, torch.reshape(t, [-1, %d, %d, %d]))", c, of.side(), of.side());
    line("f = torch.pixel_shuffle(%s, %d)", conv("f", "tail.0.0.0"), Case.SCALE);
    line("y = %s", conv("f", "tail.0.1"));
    line(
        "return torch.add(y, %s)",
        of.config.inputResidual()
            ? "torch.matmul(torch.matmul(enlarge, x), torch.t(enlarge))"
            : "mean");
    return """
      def heads(self: __torch__.Ipt, x: Tensor) -> Tensor:
        return torch.transpose(torch.reshape(x, [-1, S, HEADS, COLUMNS]), 1, 2)
      def attend(self: __torch__.Ipt, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        y = torch.scaled_dot_product_attention(
            (self).heads(q), (self).heads(k), (self).heads(v))
        return torch.reshape(torch.transpose(y, 1, 2), [-1, S, D])
      def network(self: __torch__.Ipt, x: Tensor, mean: Tensor, enlarge: Tensor,
          w: List[Tensor]) -> Tensor:
    """
            .replace("HEADS", Integer.toString(of.config.attentionHeads()))
            .replace("COLUMNS", Integer.toString(d / of.config.attentionHeads()))
            .replace("S,", of.tokens() + ",")
            .replace("D]", d + "]")
        + code;
  }

  private void attend(String name) {
    String out = weight(name + ".out_proj.weight");
    line("t = torch.add(t, torch.linear((self).attend(q, k, v), %s))", out);
  }

  private void feedForward(String layer, String norm) {
    line("h = torch.relu_(%s)", linear(norm("t", norm), layer + ".linear1"));
    line("t = torch.add(t, %s)", linear("h", layer + ".linear2"));
  }

  private String linear(String x, String name) {
    return "torch.linear(" + x + ", " + weightAndBias(name) + ")";
  }

  private String norm(String x, String name) {
    String gainAndBias = weightAndBias(name);
    return "torch.layer_norm(" + x + ", [" + of.embedding() + "], " + gainAndBias + ", 1e-05)";
  }

  private String conv(String x, String name) {
    int padding = name.contains("body") ? 2 : 1; // residual blocks are 5×5, all else 3×3
    String around = "[" + padding + ", " + padding + "]";
    return "torch.conv2d(" + x + ", " + weightAndBias(name) + ", [1, 1], " + around + ")";
  }

  private String weightAndBias(String name) {
    return weight(name + ".weight") + ", " + weight(name + ".bias");
  }

  private String weight(String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException("no parameter " + name + " among " + names);
    }
    return "w[" + index + "]";
  }

  private void line(String format, Object... arguments) {
    code.append(INDENT).append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
