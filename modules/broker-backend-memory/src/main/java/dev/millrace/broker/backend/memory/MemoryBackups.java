package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backups;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Drains backups under the locks of both streams. */
record MemoryBackups(MemoryBackend backend, Store store) implements Backups {
  private static final int MOST = 1_000;

  @Override
  public CompletionStage<Drained> drain(String stream, String backup, int max, long maxBacklog) {
    return backend.answer(
        "drain",
        stream,
        () -> {
          MemoryMover.refuseItself(backup, stream);
          if (max < 0 || max > MOST) {
            throw new InvalidConfigException(
                "drain", stream, List.of("max is " + max + "; it goes from 0 to " + MOST));
          }
          return store.findBoth(
              backup,
              stream,
              (source, target) -> drain(target, source, max, maxBacklog),
              () -> new Drained(0, 0, Optional.empty(), backlog(stream)));
        });
  }

  @Override
  public CompletionStage<Long> seal(String stream, String line, Duration remembered) {
    return backend.answer(
        "seal", stream, () -> store.with(stream, found -> found.lines.seal(line, remembered)));
  }

  /** Moves what there is room for, and tells how much it was. */
  static int drain(
      MemoryStream stream, MemoryStream backup, long most, long maxBacklog, long nowMillis) {
    long room = AppendGuard.roomAgain(maxBacklog);
    return backup.moveOldest(stream, most, () -> stream.backlog() < room, nowMillis);
  }

  private Drained drain(MemoryStream stream, MemoryStream backup, int max, long maxBacklog) {
    long now = store.nowMillis();
    int moved = drain(stream, backup, max, maxBacklog, now);
    EntryLog left = backup.log;
    Optional<Duration> age =
        left.isEmpty()
            ? Optional.empty()
            : Optional.of(Duration.ofMillis(Math.max(0, now - left.get(left.head()).id.millis())));
    return new Drained(moved, left.length(), age, stream.backlog());
  }

  private long backlog(String stream) {
    return store.find(stream, MemoryStream::backlog, () -> 0L);
  }
}
