package org.ipt4j.cli;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.ipt4j.weights.AtomicFiles;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * A run's settings as YAML: the keys are the long names of a command's options without their
 * dashes.
 */
public final class RunFile {
  /** Options that are of this start of a command, not of the run. */
  private static final Set<String> NO_SETTINGS =
      Set.of(
          "help", "version", "run", "resume", "out", "ui", "threads", "loader-threads", "profile");

  /** Where images or a model lie: they may have been moved, or the current folder is another. */
  private static final Set<String> PLACES =
      Set.of("images", "pairs", "degraded", "validation", "model");

  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private final String name;
  private final byte[] yaml;

  /**
   * A file's content.
   *
   * @param name what messages call it
   */
  public RunFile(String name, byte[] yaml) {
    this.name = name;
    this.yaml = yaml;
  }

  /** Reads a file. */
  static RunFile of(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException("expected a file, found a folder: " + file);
    }
    return new RunFile(file.toString(), Files.readAllBytes(file));
  }

  /**
   * Sets the command's options once more: those not given on the command line as the file says.
   *
   * @throws IllegalArgumentException if the file has a key that is no option, or a value that is
   *     none of its
   */
  public void apply(CommandSpec command) throws IOException {
    Map<String, String> texts = given(command);
    CommandLine line = command.commandLine();
    List<String> args = line.getParseResult().originalArgs();
    line.setDefaultValueProvider(argument -> texts.get(key(argument)));
    try {
      line.parseArgs(
          args.subList(command.parent() == null ? 0 : 1, args.size()).toArray(String[]::new));
    } catch (ParameterException bad) {
      throw new ParameterException(line, name + ": " + bad.getMessage(), bad);
    }
  }

  private Map<String, String> given(CommandSpec command) throws IOException {
    Object root;
    try (YAMLParser parser = YAML.getFactory().createParser(yaml)) {
      root = parser.nextToken() == null ? "nothing" : value(parser);
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "more follows the end");
      }
    } catch (JsonProcessingException bad) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s, line %d: no YAML: %s",
              name,
              bad.getLocation().getLineNr(),
              bad.getOriginalMessage().lines().findFirst().orElse("")),
          bad);
    }
    if (!(root instanceof Map<?, ?> entries)) {
      throw new IllegalArgumentException(name + ": expected keys and values, got " + root);
    }
    Set<String> known = settings(command).keySet();
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      String key = entry.getKey().toString();
      if (!known.contains(key)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s: unknown key %s%s; known are %s",
                name,
                key,
                owner(key, command),
                String.join(", ", known)));
      }
      if (holdsEmptyText(entry.getValue())) {
        throw new IllegalArgumentException(
            name + ": key " + key + ": expected a value, got an empty text");
      }
      String text = entry.getValue() == null ? "" : text(entry.getValue());
      if (!text.isEmpty()) { // else it is null, or an empty list or map: not set
        texts.put(key, text);
      }
    }
    return texts;
  }

  // as a path, it would be the current folder
  private static boolean holdsEmptyText(Object value) {
    return "".equals(value)
        || value instanceof Collection<?> many && many.stream().anyMatch(RunFile::holdsEmptyText)
        || value instanceof Map<?, ?> map && holdsEmptyText(map.values());
  }

  /** Which other command that trains has a setting, if any: the file may be of its runs. */
  private static String owner(String key, CommandSpec command) {
    List<String> owners =
        command.parent() == null
            ? List.of()
            : command.parent().subcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .filter(other -> other.findOption("--run") != null)
                .filter(other -> settings(other).containsKey(key))
                .map(CommandSpec::name)
                .distinct() // one may have several names
                .toList();
    return owners.isEmpty() ? "" : ", which is one of " + String.join(", ", owners);
  }

  /**
   * What begins at the parser's token: a map, a list, null, or a text, as which a number, too,
   * stays as it is written, for it may be a name: {@code 2024.10}.
   */
  private static Object value(YAMLParser parser) throws IOException {
    if (parser.isCurrentAlias()) {
      throw new JsonParseException(parser, "aliases are not read: " + parser.getText());
    }
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      Map<String, Object> map = new LinkedHashMap<>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        if (map.containsKey(key)) {
          throw new JsonParseException(parser, "the key " + key + " is given twice");
        }
        parser.nextToken();
        map.put(key, value(parser));
      }
      return map;
    }
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      List<Object> list = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        list.add(value(parser));
      }
      return list;
    }
    return parser.currentToken() == JsonToken.VALUE_NULL ? null : parser.getText();
  }

  /** As on the command line: lists with commas, maps as lists of KEY=VALUE. */
  private static String text(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> entry.getKey() + "=" + text(entry.getValue()))
          .collect(Collectors.joining(","));
    }
    return value instanceof Collection<?> many
        ? many.stream().map(RunFile::text).collect(Collectors.joining(","))
        : String.valueOf(value);
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
                texts.put(key, text(value));
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
   * Checks that the settings are those of the file. One that the file does not have, for it may be
   * older than the option, is to have its default: it may not be given. What lies in a folder or
   * file may lie in another.
   *
   * @param free keys that may differ
   * @throws IllegalArgumentException if others do, naming them
   */
  public void compare(CommandSpec command, Set<String> free) throws IOException {
    Map<String, String> stored = given(command);
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
          && !isOnlyMoved(key, now, then)
          && !areSame(option, now, then)) {
        different.add(key + " was " + (then == null ? "not set" : then) + " and is " + now);
      }
    }
    if (!different.isEmpty()) {
      throw new IllegalArgumentException(
          "a run goes on with its own settings (" + name + "): " + String.join("; ", different));
    }
  }

  private static boolean isOnlyMoved(String key, String now, String then) {
    return PLACES.contains(key) && now != null && then != null;
  }

  /** Whether two texts set an option to the same: what is no name may be written in many ways. */
  private static boolean areSame(OptionSpec option, String now, String then) {
    if (now == null || then == null) {
      return Objects.equals(now, then);
    }
    Class<?> type = option.auxiliaryTypes()[0];
    if (type == double.class || type == Double.class) {
      return numbers(now).equals(numbers(then));
    }
    boolean isWord = type.isEnum() || type == boolean.class;
    return isWord ? now.equalsIgnoreCase(then) : now.equals(then);
  }

  private static List<Double> numbers(String text) {
    return Arrays.stream(text.split(",")).map(Double::valueOf).toList();
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
    return value instanceof Path || value instanceof Enum<?> ? value.toString() : value;
  }

  private static String key(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName().substring(2) : "";
  }
}
