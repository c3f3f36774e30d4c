package org.ipt4j.transformer;

import static org.ipt4j.core.Attention.attention;

import org.ipt4j.core.Initializer;
import org.ipt4j.core.Linear;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/**
 * Multi-head attention without biases. The projections of queries, keys and values are the rows of
 * one weight [3D,D] ({@code in_proj_weight}), so inputs that they share are multiplied once.
 */
final class MultiHeadAttention {
  private static final String IN = ".in_proj_weight";

  private final int d;
  private final int heads;
  private final Linear all; // queries, keys and values of one input
  private final Linear queries;
  private final Linear queriesAndKeys;
  private final Linear keysAndValues;
  private final Linear values;
  private final Linear out;

  /** For queries, keys and values from one input ({@link #attend(Tape, Variable, Variable)}). */
  static MultiHeadAttention ofOneInput(
      ParameterLayout.Builder layout, String name, TransformerConfig config) {
    long d = config.embedding();
    Parameter in = layout.addByColumns(name + IN, Initializer.kaimingUniform(d), 3 * d, d);
    return new MultiHeadAttention(layout, name, config, in);
  }

  /**
   * For two inputs. It uses some rows of the matrix at a time; they are contiguous only in
   * row-major order.
   */
  static MultiHeadAttention ofTwoInputs(
      ParameterLayout.Builder layout, String name, TransformerConfig config) {
    long d = config.embedding();
    Parameter in = layout.add(name + IN, Initializer.kaimingUniform(d), 3 * d, d);
    return new MultiHeadAttention(layout, name, config, in);
  }

  private MultiHeadAttention(
      ParameterLayout.Builder layout, String name, TransformerConfig config, Parameter in) {
    d = config.embedding();
    heads = config.heads();
    Initializer initializer = Initializer.kaimingUniform(d);
    all = Linear.withoutBias(in);
    queries = Linear.withoutBias(in.rows(0, d));
    queriesAndKeys = Linear.withoutBias(in.rows(0, 2L * d));
    keysAndValues = Linear.withoutBias(in.rows(d, 3L * d));
    values = Linear.withoutBias(in.rows(2L * d, 3L * d));
    out = Linear.withoutBias(layout.addByColumns(name + ".out_proj.weight", initializer, d, d));
  }

  /** {@code residual} [N,S,D] + attention with queries, keys and values from {@code x} [N,S,D]. */
  Variable attend(Tape tape, Variable residual, Variable x) {
    Variable[] qkv = tape.split(all.forward(tape, x), 0, d, 2L * d, 3L * d);
    return residualAttention(tape, residual, qkv[0], qkv[1], qkv[2]);
  }

  /**
   * As {@link #attend(Tape, Variable, Variable)}, with queries and keys from {@code x} [N,S,D] and
   * values from {@code y} [N,S,D].
   */
  Variable attend(Tape tape, Variable residual, Variable x, Variable y) {
    Variable[] qk = tape.split(queriesAndKeys.forward(tape, x), 0, d, 2L * d);
    return residualAttention(tape, residual, qk[0], qk[1], values.forward(tape, y));
  }

  /**
   * As {@link #attend(Tape, Variable, Variable)}, with queries from {@code x} [N,S,D] and keys and
   * values from {@code y} [N,S',D].
   */
  Variable attendTo(Tape tape, Variable residual, Variable x, Variable y) {
    Variable[] kv = tape.split(keysAndValues.forward(tape, y), 0, d, 2L * d);
    return residualAttention(tape, residual, queries.forward(tape, x), kv[0], kv[1]);
  }

  private Variable residualAttention(
      Tape tape, Variable residual, Variable q, Variable k, Variable v) {
    return out.forwardOnto(tape, residual, attention(tape, q, k, v, heads));
  }
}
