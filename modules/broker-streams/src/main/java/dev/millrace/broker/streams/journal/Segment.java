package dev.millrace.broker.streams.journal;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** What is known of a segment file. Guarded by the lock of the {@link Index} that it is in. */
final class Segment {
  final Path file;
  final SegmentHeader header;
  final Map<String, Span> spans = new HashMap<>();

  /** Up to where it counts. */
  long length;

  /** Up to where it is known to be on the disk. Nothing beyond is handed out. */
  long durable;

  boolean damaged;

  Segment(Path file, SegmentHeader header, long length) {
    this.file = file;
    this.header = header;
    this.length = length;
    this.durable = length;
  }

  long sequence() {
    return header.sequence();
  }

  /** The records of one stream in one segment. */
  static final class Span {
    final long firstNumber;
    final long firstAt;
    final long firstTime;
    long lastNumber;
    long count;

    Span(long number, long at, long time) {
      this.firstNumber = number;
      this.firstAt = at;
      this.firstTime = time;
      this.lastNumber = number;
      this.count = 1;
    }

    void add(Span later) {
      lastNumber = later.lastNumber;
      count += later.count;
    }

    void add(long number) {
      lastNumber = number;
      count++;
    }
  }

  /** Adds a record to spans. */
  static void add(Map<String, Span> spans, String stream, long number, long at, long time) {
    Span span = spans.get(stream);
    if (span == null) {
      spans.put(stream, new Span(number, at, time));
    } else {
      span.add(number);
    }
  }

  /** Adds later spans to earlier ones. */
  static void addAll(Map<String, Span> spans, Map<String, Span> later) {
    later.forEach(
        (stream, more) -> {
          Span span = spans.putIfAbsent(stream, more);
          if (span != null) {
            span.add(more);
          }
        });
  }
}
