package dev.millrace.broker.examples;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Stands in for a tracing library such as OpenTelemetry: spans, and a current one per thread. */
final class Tracer {
  /** A piece of work in a trace. */
  record Span(String name, String trace, String id, String parent) {
    /** As a W3C header. */
    String traceparent() {
      return "00-" + trace + "-" + id + "-01";
    }
  }

  private static final ThreadLocal<@Nullable Span> CURRENT = new ThreadLocal<>();

  private final List<Span> ended = new CopyOnWriteArrayList<>();

  /** Begins a span below the one that a header names; without a header, a trace. */
  Span begin(String name, @Nullable String traceparent) {
    String[] parts = traceparent == null ? new String[0] : traceparent.split("-", 4);
    return parts.length < 4
        ? new Span(name, hex() + hex(), hex(), "")
        : new Span(name, parts[1], hex(), parts[2]);
  }

  private static String hex() {
    return String.format("%016x", ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE));
  }

  void end(Span span) {
    ended.add(span);
  }

  @Nullable Span current() {
    return CURRENT.get();
  }

  void current(@Nullable Span span) {
    CURRENT.set(span);
  }

  /** All spans below one, in lines that are indented as they lie in each other. */
  String tree(String parent, String indent) {
    var lines = new StringBuilder();
    for (Span span : ended) {
      if (span.parent().equals(parent)) {
        lines.append(indent).append(span.name()).append('\n');
        lines.append(tree(span.id(), indent + "  "));
      }
    }
    return lines.toString();
  }

  long traces() {
    return ended.stream().map(Span::trace).distinct().count();
  }
}
