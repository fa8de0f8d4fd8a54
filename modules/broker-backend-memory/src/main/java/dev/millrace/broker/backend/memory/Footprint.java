package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Entry;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * About how much memory the entries of all streams take: exact enough to see it grow and shrink,
 * and cheap. Thread-safe.
 */
final class Footprint {
  // Objects and references around an entry's text and bytes, of a common JVM.
  private static final int ENTRY = 250;
  private static final int PAIR = 100;

  private final LongAdder bytes = new LongAdder();
  private final OptionalLong limit;

  /**
   * Of nothing yet.
   *
   * @param limit bytes there may be; empty: any number
   */
  Footprint(OptionalLong limit) {
    this.limit = limit;
  }

  /** About how many bytes one entry takes. */
  static long of(Entry entry) {
    long size = ENTRY + entry.fields().byteSize() + (long) PAIR * entry.fields().size();
    size += entry.id().map(String::length).orElse(0);
    size += entry.type().map(String::length).orElse(0);
    size += entry.key().map(String::length).orElse(0);
    for (var header : entry.headers().entrySet()) {
      size += PAIR + header.getKey().length() + header.getValue().length();
    }
    return size;
  }

  void add(long more) {
    bytes.add(more);
  }

  long bytes() {
    return bytes.sum();
  }

  OptionalLong limit() {
    return limit;
  }

  /** Whether nothing more is to be appended. */
  boolean isFull() {
    return limit.isPresent() && bytes() >= limit.getAsLong();
  }
}
