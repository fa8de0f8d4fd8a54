package dev.millrace.app.demo;

import dev.millrace.broker.api.ComponentInfo;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Rows in columns as wide as they need to be; columns of numbers stand to the right. */
final class Table {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final List<List<String>> rows = new ArrayList<>();

  Table(String... headings) {
    rows.add(List.of(headings));
  }

  Table row(Object... cells) {
    var row = new ArrayList<String>();
    for (Object cell : cells) {
      row.add(
          cell instanceof Number number
              ? "%,d".formatted(number.longValue())
              : String.valueOf(cell));
    }
    rows.add(row);
    return this;
  }

  /** Components as a listing shows them. */
  static Table of(List<ComponentInfo> components) {
    var table = new Table("name", "kind", "stream", "state", "since", "counts");
    for (ComponentInfo component : components) {
      table.row(
          component.name(),
          component.kind(),
          component.stream(),
          component.state(),
          TIME.format(component.since()),
          counts(component.counts())
              + component.lastError().map(error -> " last error: " + error).orElse(""));
    }
    return table;
  }

  private static String counts(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .filter(count -> count.getValue() != 0)
        .map(count -> "%s %,d".formatted(count.getKey(), count.getValue()))
        .collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    boolean[] numbers = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      final int column = c;
      widths[c] = rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
      numbers[c] =
          rows.size() > 1
              && rows.stream().skip(1).allMatch(row -> row.get(column).matches("[\\d,.]+"));
    }
    return rows.stream().map(row -> line(row, widths, numbers)).collect(Collectors.joining("\n"));
  }

  private static String line(List<String> row, int[] widths, boolean[] numbers) {
    var line = new StringBuilder("  ");
    for (int c = 0; c < widths.length; c++) {
      String blanks = " ".repeat(widths[c] - row.get(c).length());
      line.append(numbers[c] ? blanks + row.get(c) : row.get(c) + blanks).append("   ");
    }
    return line.toString().stripTrailing();
  }
}
