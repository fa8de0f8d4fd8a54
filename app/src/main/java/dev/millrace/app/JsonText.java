package dev.millrace.app;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON as a person typed it: checked, and kept as it is, digits of numbers included. */
final class JsonText {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private JsonText() {}

  /**
   * The value.
   *
   * @throws JacksonException if the text is not exactly one JSON value
   */
  static JsonNode parse(String text) {
    JsonNode node = JSON.readTree(text);
    if (node.isMissingNode()) {
      throw new tools.jackson.core.exc.StreamReadException(null, "it is empty");
    }
    return node;
  }

  /**
   * A value that was given to a command.
   *
   * @param what names it, at the beginning of a sentence
   * @throws ParameterException if it is not exactly one JSON value
   */
  static JsonNode argument(CommandSpec command, String what, String text) {
    try {
      return parse(text);
    } catch (JacksonException notJson) {
      throw new ParameterException(
          command.commandLine(), what + " is not JSON: " + reason(notJson) + ".");
    }
  }

  /** What is wrong and where, in one line. */
  static String reason(JacksonException error) {
    String text = error.getOriginalMessage();
    text = Failures.oneLine(text).replaceAll(" \\(start marker at .*\\)|\\.?$", "");
    var location = error.getLocation();
    return location != null && location.getColumnNr() > 0
        ? text + " (column " + location.getColumnNr() + ")"
        : text;
  }
}
