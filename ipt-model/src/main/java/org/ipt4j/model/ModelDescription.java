package org.ipt4j.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.ipt4j.transformer.DecoderForm;

/**
 * A weight file's description of its network, in JSON with a format number, which is read first.
 * Whoever adds a part must raise {@link #FORMAT}, so that older libraries refuse the file by its
 * number instead of computing something else, and must give the part a default in {@link #parse},
 * so that older files keep their meaning. An unknown part is therefore an error.
 */
record ModelDescription(IptConfig config, List<Task> tasks) {
  /** The format that is written. Files from before formats had numbers count as 0. */
  static final int FORMAT = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * Reads any format up to {@link #FORMAT}.
   *
   * @throws IllegalArgumentException if the format is later, or a part is missing, unknown or
   *     impossible, naming it
   */
  static ModelDescription parse(String json) {
    JsonParts parts = JsonParts.of("", tree(json));
    int format = parts.whole("format", 0);
    if (format > FORMAT || format < 0) {
      throw new IllegalArgumentException(
          "written by format " + format + ", this library reads up to " + FORMAT);
    }
    IptConfig config = config(parts.parts("config"));
    List<Task> tasks = new ArrayList<>();
    for (JsonParts task : parts.list("tasks")) {
      tasks.add(task(task));
    }
    parts.end();
    return new ModelDescription(config, tasks);
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException bad) {
      throw new IllegalArgumentException("no JSON: " + bad.getOriginalMessage(), bad);
    }
  }

  private static IptConfig config(JsonParts parts) {
    IptConfig config =
        new IptConfig(
            parts.whole("features"),
            parts.whole("imageSide"),
            parts.whole("patchSide"),
            parts.whole("attentionHeads"),
            parts.whole("encoderLayers"),
            parts.whole("decoderLayers"),
            parts.oneOf("decoderForm", DecoderForm.class),
            parts.number("rgbRange"),
            parts.flag("inputResidual"));
    parts.end();
    return config;
  }

  private static Task task(JsonParts parts) {
    String name = parts.text("name");
    Task task =
        new Task(
            name, parts.whole("scale"), parts.text("degradation", name), parts.text("use", ""));
    parts.end();
    return task;
  }

  /** The description in the latest format. */
  String toJson() {
    ObjectNode root = JSON.createObjectNode();
    root.put("format", FORMAT);
    root.putObject("config")
        .put("features", config.features())
        .put("imageSide", config.imageSide())
        .put("patchSide", config.patchSide())
        .put("attentionHeads", config.attentionHeads())
        .put("encoderLayers", config.encoderLayers())
        .put("decoderLayers", config.decoderLayers())
        .put("decoderForm", config.decoderForm().name())
        .put("rgbRange", config.rgbRange())
        .put("inputResidual", config.inputResidual());
    ArrayNode list = root.putArray("tasks");
    for (Task task : tasks) {
      list.addObject()
          .put("name", task.name())
          .put("scale", task.scale())
          .put("degradation", task.degradation())
          .put("use", task.use());
    }
    return root.toString();
  }
}
