package dev.millrace.app.demo;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How a line of input becomes an order. */
interface OrderFormat {
  /**
   * The order in a line, or null if the line is a header or blank.
   *
   * @throws BadLineException if it is no order; the next line may be one
   */
  @Nullable Order read(String line) throws BadLineException;

  /** By the name's ending, else by the first line that is not blank. */
  static OrderFormat of(String name, String firstLine) {
    String lower = name.toLowerCase(Locale.ROOT);
    boolean json = lower.endsWith(".jsonl") || lower.endsWith(".ndjson") || lower.endsWith(".json");
    boolean csv = lower.endsWith(".csv");
    return json || (!csv && firstLine.startsWith("{")) ? new JsonLines() : new Csv();
  }

  /** One JSON object a line. */
  final class JsonLines implements OrderFormat {
    private static final JsonMapper JSON = JsonMapper.shared();

    @Override
    public @Nullable Order read(String line) throws BadLineException {
      if (line.isBlank()) {
        return null;
      }
      JsonNode node;
      try {
        node = JSON.readTree(line);
      } catch (JacksonException notJson) {
        throw new BadLineException(
            "not JSON: "
                + String.valueOf(notJson.getOriginalMessage()).lines().findFirst().orElse(""));
      }
      if (!node.isObject()) {
        throw new BadLineException("a JSON object is expected, with " + OrderCheck.FIELDS);
      }
      return OrderCheck.order(
          name -> {
            JsonNode value = node.get(name);
            return value == null || value.isNull()
                ? null
                : value.isValueNode() ? value.asString() : value.toString();
          });
    }
  }

  /** Comma-separated values under a header line that names the columns, in any order. */
  final class Csv implements OrderFormat {
    private @Nullable Map<String, Integer> columns;

    @Override
    public @Nullable Order read(String line) throws BadLineException {
      if (line.isBlank()) {
        return null;
      }
      List<String> values = CsvLine.split(line);
      Map<String, Integer> known = columns;
      if (known == null) {
        columns = header(values);
        return null;
      }
      if (values.size() != known.size()) {
        throw new BadLineException(
            values.size() + " values, the header names " + known.size() + " columns");
      }
      return OrderCheck.order(
          name -> {
            Integer column = known.get(name);
            return column == null ? null : values.get(column);
          });
    }

    private static Map<String, Integer> header(List<String> names) throws BadLineException {
      var columns = new HashMap<String, Integer>();
      for (String name : names) {
        columns.put(name.strip().toLowerCase(Locale.ROOT), columns.size());
      }
      if (columns.size() != names.size() || !columns.keySet().containsAll(OrderCheck.FIELDS)) {
        throw new BadLineException(
            "the first line must name the columns " + String.join(",", OrderCheck.FIELDS));
      }
      return columns;
    }
  }
}
