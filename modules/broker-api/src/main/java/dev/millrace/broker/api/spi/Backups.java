package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Backup streams, and the lines of those who send to them. Thread-safe; nothing here blocks. */
public interface Backups {
  /**
   * Moves the oldest entries of a backup to the end of its stream, in order and in one step, as
   * long as the backlog of the stream leaves {@linkplain AppendGuard#roomAgain room again}. They
   * keep their ids, headers and fields. What becomes of the stream and of the backup is apart:
   * deleting one keeps the other.
   *
   * @param backup another stream
   * @param max how many at most, 0 to 1,000; 0: only tells
   * @param maxBacklog the limit of the stream's backlog
   */
  CompletionStage<Drained> drain(String stream, String backup, int max, long maxBacklog);

  /**
   * Ends a {@linkplain Dedup.InLine line}: nothing is appended in it from then on, not even what is
   * still on its way to the backend. Idempotent.
   *
   * @param remembered for how long the backend knows that at least
   * @return the number up to which the line had come; 0: nothing of it is known
   */
  CompletionStage<Long> seal(String stream, String line, Duration remembered);

  /**
   * What became of a {@link #drain}.
   *
   * @param moved how many entries went to the stream
   * @param left how many are in the backup now
   * @param age how long the oldest of them has been there; empty: none is
   * @param backlog of the stream now, as {@link AppendGuard#maxBacklog()} counts it
   */
  record Drained(int moved, long left, Optional<Duration> age, long backlog) {}
}
