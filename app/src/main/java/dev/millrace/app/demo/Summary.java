package dev.millrace.app.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The report of a run, counted from its files alone. */
record Summary(Map<String, Comparison> streams, Map<String, Long> byProcess, long foreign) {
  static Summary of(RunDirectory run) throws IOException {
    var streams = new LinkedHashMap<String, Comparison>();
    var byProcess = new LinkedHashMap<String, Long>();
    long foreign = 0;
    for (String kind : List.of(Handling.ORDERS, Handling.AUDIT)) {
      streams.put(kind, compare(run, kind));
      for (Path file : run.handled(kind)) {
        byProcess.put(String.valueOf(file.getFileName()), lines(file));
      }
      for (Path file : run.foreign(kind)) {
        foreign += lines(file);
      }
    }
    return new Summary(streams, byProcess, foreign);
  }

  static Comparison compare(RunDirectory run, String kind) throws IOException {
    return Comparison.of(
        List.of(run.accepted(kind)), List.of(run.unclear(kind)), run.handled(kind));
  }

  /** Whether something was accepted, all of it was handled, and nothing else. */
  boolean exact() {
    return streams.values().stream().allMatch(c -> c.exact() && c.accepted() > 0);
  }

  void print(Screen screen, DemoStreams names, Path path) {
    var table =
        new Table("stream", "accepted", "handled", "missing", "unexpected", "twice", "unclear");
    streams.forEach(
        (kind, c) ->
            table.row(
                kind.equals(Handling.ORDERS) ? names.orders().name() : names.audit().name(),
                c.accepted(),
                c.handled(),
                c.missing(),
                c.unexpected(),
                c.twice(),
                c.unclear()));
    screen.print("Summary, the sorted difference of the files in " + path);
    screen.print(table.toString());
    byProcess.forEach((file, count) -> screen.print("  %s: %,d lines".formatted(file, count)));
    if (foreign > 0) {
      screen.print("  %,d messages of other runs or programs were handled too".formatted(foreign));
    }
    streams.values().stream()
        .flatMap(c -> c.examples().stream())
        .forEach(example -> screen.print("  " + example));
    screen.print(
        exact()
            ? "accepted = handled: yes"
            : "accepted = handled: NO, see accepted, missing and unexpected above");
  }

  private static long lines(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    }
  }
}
