package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.History.Recorded;
import dev.millrace.broker.api.spi.Position;
import java.util.List;
import java.util.Optional;

/** Reads a dead-letter stream page by page, none of them much larger than a few MiB. */
final class LetterPages {
  /** What one page may hold, by the average of the one before. */
  static final long PAGE_BYTES = 4L << 20;

  private static final int FIRST_PAGE = 10;
  private static final int LARGEST_PAGE = 100;

  private final Scan scan;
  private Optional<Position> after;
  private int page = FIRST_PAGE;

  LetterPages(Scan scan, Optional<Position> after) {
    this.scan = scan;
    this.after = after;
  }

  /** Reads so many entries at most behind a place. */
  interface Scan {
    List<Recorded> read(Optional<Position> after, int max);
  }

  /** The next ones, so many at most; none: that was all. */
  List<Recorded> next(long most) {
    List<Recorded> some = scan.read(after, (int) Math.min(page, most));
    if (!some.isEmpty()) {
      after = Optional.of(some.getLast().position());
      long bytes = some.stream().mapToLong(LetterPages::bytes).sum();
      page = Math.clamp(PAGE_BYTES / Math.max(1, bytes / some.size()), 1, LARGEST_PAGE);
    }
    return some;
  }

  static long bytes(Recorded letter) {
    return letter.entry().fields().byteSize();
  }
}
