package org.ipt4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.ipt4j.weights.AtomicFiles;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A run's settings as YAML: the keys are the long names of a command's options without their
 * dashes.
 */
public final class RunFile {
  /** Options that are of this start of a command, not of the run. */
  private static final Set<String> NO_SETTINGS =
      Set.of(
          "help", "version", "run", "resume", "out", "ui", "threads", "loader-threads", "profile");

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .build();

  private RunFile() {}

  /**
   * Sets the command's options once more: those not given on the command line as {@code file} says.
   *
   * @throws IllegalArgumentException if the file has a key that is no option
   */
  public static void apply(Path file, CommandSpec command) throws IOException {
    Map<String, String> texts = read(file, command);
    CommandLine line = command.commandLine();
    List<String> args = line.getParseResult().originalArgs();
    line.setDefaultValueProvider(argument -> texts.get(key(argument)));
    line.parseArgs(
        args.subList(command.parent() == null ? 0 : 1, args.size()).toArray(String[]::new));
  }

  private static Map<String, String> read(Path file, CommandSpec command) throws IOException {
    JsonNode root;
    try (InputStream bytes = Files.newInputStream(file)) {
      root = YAML.readTree(bytes);
    } catch (JsonProcessingException bad) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s, line %d: no YAML: %s",
              file,
              bad.getLocation().getLineNr(),
              bad.getOriginalMessage().lines().findFirst().orElse("")),
          bad);
    }
    if (!root.isObject()) {
      throw new IllegalArgumentException(file + ": expected keys and values, got " + root);
    }
    Set<String> known = settings(command).keySet();
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (!known.contains(entry.getKey())) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s: unknown key %s; known are %s",
                file,
                entry.getKey(),
                String.join(", ", known)));
      }
      if (!entry.getValue().isNull()) {
        texts.put(entry.getKey(), text(entry.getValue()));
      }
    }
    return texts;
  }

  /** As on the command line: lists with commas, maps as lists of KEY=VALUE. */
  private static String text(JsonNode value) {
    if (value.isObject()) {
      return value.properties().stream()
          .map(entry -> entry.getKey() + "=" + text(entry.getValue()))
          .collect(Collectors.joining(","));
    }
    return value.isArray()
        ? StreamSupport.stream(value.spliterator(), false)
            .map(RunFile::text)
            .collect(Collectors.joining(","))
        : value.asText();
  }

  /** All settings as they now are. */
  public static String text(CommandSpec command) throws IOException {
    return YAML.writeValueAsString(settings(command));
  }

  /** The settings that were given or have a default, by their keys. */
  static Map<String, String> texts(CommandSpec command) {
    Map<String, String> texts = new LinkedHashMap<>();
    settings(command)
        .forEach(
            (key, value) -> {
              if (value != null) {
                texts.put(key, text(YAML.valueToTree(value)));
              }
            });
    return texts;
  }

  /** Writes all settings as they now are. */
  static void write(Path file, CommandSpec command) throws IOException {
    byte[] text = text(command).getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(file, channel -> channel.write(ByteBuffer.wrap(text)));
  }

  /**
   * Checks that the settings are those of {@code file}. One that the file does not have, for it may
   * be older than the option, is to have its default: it may not be given.
   *
   * @param free keys that may differ
   * @throws IllegalArgumentException if others do, naming them
   */
  public static void compare(Path file, CommandSpec command, Set<String> free) throws IOException {
    Map<String, String> stored = read(file, command);
    List<String> different = new ArrayList<>();
    Map<String, String> current = texts(command);
    for (OptionSpec option : command.options()) {
      String key = key(option);
      String now = current.get(key);
      String then = stored.get(key);
      boolean isDefault =
          then == null && !command.commandLine().getParseResult().hasMatchedOption(option);
      if (!NO_SETTINGS.contains(key)
          && !free.contains(key)
          && !isDefault
          && !Objects.equals(now, then)) {
        different.add(key + " was " + (then == null ? "not set" : then) + " and is " + now);
      }
    }
    if (!different.isEmpty()) {
      throw new IllegalArgumentException(
          "a run goes on with its own settings (" + file + "): " + String.join("; ", different));
    }
  }

  private static Map<String, Object> settings(CommandSpec command) {
    Map<String, Object> settings = new LinkedHashMap<>();
    for (OptionSpec option : command.options()) {
      if (!NO_SETTINGS.contains(key(option))) {
        Object value = option.getValue();
        settings.put(key(option), plain(value));
      }
    }
    return settings;
  }

  private static Object plain(Object value) {
    if (value instanceof Collection<?> many && many.isEmpty()) {
      return null;
    }
    if (value instanceof Collection<?> many) {
      return many.stream().map(RunFile::plain).toList();
    }
    return value instanceof Path path ? path.toString() : value;
  }

  private static String key(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName().substring(2) : "";
  }
}
