package org.ipt4j.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ipt4j.core.Array;
import org.ipt4j.core.AttentionHeads;
import org.ipt4j.core.Variable.Target;
import org.ipt4j.cuda.Gpu.Type;

/**
 * Attention that never writes its scores (Dao, "FlashAttention-2", 2023), by the kernels of {@code
 * attention.cu}. Of the softmax it keeps the logarithms of the sums [N,A,S].
 */
final class FlashAttention {
  private static final int[] WIDTHS = {16, 32, 48, 64, 128}; // of a head, that have kernels
  private static final int MOST_QUERIES = 160; // of a block
  private static final int WARP_QUERIES = 32;
  private static final int MOST_KEYS = 64;
  private static final int WARP_KEYS = 16;

  private final CudaDevice device;
  private final Gpu gpu;

  FlashAttention(CudaDevice device, Gpu gpu) {
    this.device = device;
    this.gpu = gpu;
  }

  boolean supports(AttentionHeads heads) {
    return heads.width() <= WIDTHS[WIDTHS.length - 1] && heads.factor() > 0;
  }

  /** The inputs in one type, and the kernels for them. */
  private final class Inputs {
    final CudaArray q;
    final CudaArray k;
    final CudaArray v;
    final Type type;
    final String kernel;
    final AttentionHeads heads;

    Inputs(AttentionHeads heads) {
      this.heads = heads;
      type = CudaArray.of(heads.q()).type();
      q = input(heads.q());
      k = input(heads.k());
      v = input(heads.v());
      String floats = device.arithmetic() == Arithmetic.FLOAT32 ? "_float32" : "_tf32";
      kernel = (type == Type.BF16 ? "_bf16" : floats) + "_" + padded(heads.width());
    }

    /** In the type of the queries, the numbers of a row side by side. */
    CudaArray input(Array x) {
      CudaArray own = CudaArray.of(x);
      return own.type() == type && own.stride(2) == 1 ? own : device.copied(type, own);
    }
  }

  private static int padded(int width) {
    for (int padded : WIDTHS) {
      if (padded >= width) {
        return padded;
      }
    }
    throw new IllegalArgumentException("no kernel for heads of width " + width);
  }

  void forward(AttentionHeads heads, Array kept, Array y) {
    Inputs in = new Inputs(heads);
    CudaArray to = CudaArray.of(y);
    CudaArray result = to.type() == in.type ? to : device.array(in.type, y.shape());
    gpu.launch(
        "attention" + in.kernel,
        blocks(queryBlocks(heads), heads),
        queryThreads(heads),
        0,
        in.q,
        in.k,
        in.v,
        result,
        kept,
        heads.perSample(),
        heads.queries(),
        heads.keys(),
        heads.width(),
        in.q.stride(0),
        in.q.stride(1),
        in.k.stride(0),
        in.k.stride(1),
        in.v.stride(0),
        in.v.stride(1),
        result.stride(0),
        result.stride(1),
        (float) heads.factor());
    if (result != to) {
      device.copy(result, to);
    }
  }

  void backward(
      AttentionHeads heads, Array kept, Array y, Array dy, Target dq, Target dk, Target dv) {
    Inputs in = new Inputs(heads);
    CudaArray slopes = in.input(dy);
    CudaArray outputs = in.input(y);
    CudaArray deltas = deltas(in, outputs, slopes);
    Ready ofQueries = new Ready(in, dq);
    Ready ofKeys = new Ready(in, dk);
    Ready ofValues = new Ready(in, dv);
    int[] queryBlocks = blocks(queryBlocks(heads), heads);
    int[] keyBlocks = blocks(keyBlocks(heads), heads);
    List<Object> inputs = List.of(in.q, in.k, in.v, slopes, kept, deltas);
    launch("Queries", queryBlocks, queryThreads(heads), in, inputs, slopes, ofQueries);
    launch("Keys", keyBlocks, keyThreads(heads), in, inputs, slopes, ofKeys, ofValues);
  }

  /** Where a kernel writes a gradient: the target itself, or an array of the kernel's type. */
  private final class Ready {
    final Target target; // null: not wanted
    final CudaArray array; // null: not wanted
    final boolean direct;

    Ready(Inputs in, Target target) {
      this.target = target;
      CudaArray to = target == null ? null : CudaArray.of(target.array());
      direct = to != null && to.type() == in.type && to.stride(2) == 1;
      array = to == null || direct ? to : device.array(in.type, to.shape());
    }

    boolean wanted() {
      return array != null;
    }

    long stride(int axis) {
      return array == null ? 0 : array.stride(axis);
    }

    float beta() {
      return direct ? (float) target.beta() : 0;
    }

    void finish() {
      if (wanted() && !direct) {
        device.give(array, target);
      }
    }
  }

  /** The sums of dy ∘ y over a head's columns [N,A,S]. */
  private CudaArray deltas(Inputs in, CudaArray y, CudaArray dy) {
    AttentionHeads heads = in.heads;
    int samples = (int) in.q.size(0);
    CudaArray deltas = device.array(Type.FLOAT, samples, heads.perSample(), heads.queries());
    gpu.launch(
        "attentionDeltas" + in.kernel,
        new int[] {(heads.perSample() * heads.queries() + 15) / 16, samples},
        128,
        0,
        y,
        dy,
        deltas,
        heads.perSample(),
        heads.queries(),
        heads.width(),
        y.stride(0),
        y.stride(1),
        dy.stride(0),
        dy.stride(1));
    return deltas;
  }

  /** Launches a kernel of the backward pass, if any of its gradients is wanted. */
  private void launch(
      String what,
      int[] blocks,
      int threads,
      Inputs in,
      List<Object> inputs,
      CudaArray dy,
      Ready... gradients) {
    if (Arrays.stream(gradients).noneMatch(Ready::wanted)) {
      return;
    }
    AttentionHeads heads = in.heads;
    List<Object> arguments = new ArrayList<>(inputs);
    for (Ready gradient : gradients) {
      arguments.add(gradient.array);
    }
    arguments.addAll(List.of(heads.perSample(), heads.queries(), heads.keys(), heads.width()));
    for (CudaArray x : List.of(in.q, in.k, in.v, dy)) {
      arguments.addAll(List.of(x.stride(0), x.stride(1)));
    }
    for (Ready gradient : gradients) {
      arguments.addAll(List.of(gradient.stride(0), gradient.stride(1)));
    }
    arguments.add((float) heads.factor());
    for (Ready gradient : gradients) {
      arguments.add(gradient.beta());
    }
    gpu.launch("attention" + what + in.kernel, blocks, threads, 0, arguments.toArray());
    for (Ready gradient : gradients) {
      gradient.finish();
    }
  }

  private static int[] blocks(int each, AttentionHeads heads) {
    return new int[] {each, heads.perSample(), (int) heads.q().size(0)};
  }

  /** Blocks of a head's queries. */
  private static int queryBlocks(AttentionHeads heads) {
    return ceil(heads.queries(), MOST_QUERIES);
  }

  private static int queryThreads(AttentionHeads heads) {
    return 32 * ceil(heads.queries(), queryBlocks(heads) * WARP_QUERIES);
  }

  /** Blocks of a head's keys. */
  private static int keyBlocks(AttentionHeads heads) {
    return ceil(heads.keys(), MOST_KEYS);
  }

  private static int keyThreads(AttentionHeads heads) {
    return 32 * ceil(heads.keys(), keyBlocks(heads) * WARP_KEYS);
  }

  private static int ceil(int a, int b) {
    return (a + b - 1) / b;
  }
}
