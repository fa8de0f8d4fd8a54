package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackupStatus;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.streams.journal.Journal;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What the backup producers of one stream share. Thread-safe. */
final class BackupQueue {
  private final Backlog backlog;
  private final @Nullable StreamReplay replay;
  private final @Nullable Journal journal;
  private final Rate rate;
  private final BackupDrain drain;
  private final List<Runnable> whenEmpty = new CopyOnWriteArrayList<>();

  BackupQueue(
      StreamsContext context,
      StreamConfig stream,
      Backlog backlog,
      @Nullable StreamReplay replay,
      @Nullable Journal journal,
      Rate rate) {
    this.backlog = backlog;
    this.replay = replay;
    this.journal = journal;
    this.rate = rate;
    this.drain =
        new BackupDrain(
            context,
            stream.name(),
            backlog::latestLimit,
            () -> whenEmpty.forEach(Runnable::run),
            rate);
  }

  void start() {
    drain.start();
  }

  void stop() {
    drain.stop();
  }

  Backlog backlog() {
    return backlog;
  }

  /** The journal's part; null: there is no journal. */
  @Nullable StreamReplay spill() {
    return replay;
  }

  /** Something went to the backup. */
  void spilled() {
    drain.wake();
  }

  void add(Runnable listener) {
    whenEmpty.add(listener);
  }

  void remove(Runnable listener) {
    whenEmpty.remove(listener);
  }

  BackupStatus.Depth backup() {
    return drain.depth();
  }

  BackupStatus.Depth journaled() {
    return replay == null || replay.isEmpty() ? BackupStatus.Depth.NONE : replay.depth();
  }

  long journalBytes() {
    return journal == null ? 0 : journal.bytes();
  }

  Optional<String> stuck() {
    return Optional.ofNullable(replay == null ? null : replay.stuck());
  }

  double drainedPerSecond() {
    return rate.perSecond();
  }

  long drained() {
    return rate.total();
  }
}
