package org.ipt4j.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterVector;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How parameters are named and shaped in weight files: as in the published checkpoints. They are
 * our parameters, but that all tasks' embeddings [S,D] are the rows of one tensor [T,S·D].
 */
final class PublishedNames {
  private static final String TASK_EMBEDDINGS = "body.query_embed.weight";

  private PublishedNames() {}

  /** The parameter that is row {@code t} of the tensor of embeddings. */
  static String taskEmbedding(int t) {
    return TASK_EMBEDDINGS + "." + t;
  }

  /**
   * A file's tensors in our layout: what is written to them is written to {@code values}, but for
   * the embeddings, which are a copy.
   */
  static Map<String, INDArray> tensors(ParameterVector values) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    Map<String, INDArray> embeddings = embeddings(values);
    for (Parameter parameter : values.layout().parameters()) {
      if (!embeddings.containsKey(parameter.name())) {
        tensors.put(parameter.name(), values.view(parameter));
      }
    }
    INDArray[] rows = embeddings.values().toArray(INDArray[]::new);
    INDArray table = Nd4j.createUninitialized(values.type(), rows.length, rows[0].length());
    for (int t = 0; t < rows.length; t++) {
      table.getRow(t).assign(rows[t].reshape(rows[t].length()));
    }
    tensors.put(TASK_EMBEDDINGS, table);
    return tensors;
  }

  /** Writes the rows of the tensor of embeddings to {@code values}. */
  static void assignEmbeddings(ParameterVector values, Map<String, INDArray> tensors) {
    INDArray table = tensors.get(TASK_EMBEDDINGS);
    int t = 0;
    for (INDArray embedding : embeddings(values).values()) {
      embedding.assign(table.getRow(t++).reshape('c', embedding.shape()));
    }
  }

  private static Map<String, INDArray> embeddings(ParameterVector values) {
    Map<String, INDArray> embeddings = new LinkedHashMap<>();
    for (Parameter parameter : values.layout().parameters()) {
      if (parameter.name().startsWith(TASK_EMBEDDINGS)) {
        embeddings.put(parameter.name(), values.view(parameter));
      }
    }
    return embeddings;
  }

  /** Whether a published checkpoint's tensor holds nothing that is learned. */
  static boolean isConstant(String name) {
    return name.startsWith("sub_mean.")
        || name.startsWith("add_mean.")
        || name.equals("body.position_encoding.position_ids");
  }
}
