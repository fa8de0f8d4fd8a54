package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackupStatus;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.streams.journal.Depth;
import dev.millrace.broker.streams.journal.Journal;
import dev.millrace.broker.streams.journal.JournalRecord;
import dev.millrace.broker.streams.journal.Sent;
import dev.millrace.broker.streams.journal.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what a journal has of one stream to the backend: in order, one append under way at a time,
 * each record ticked off when it is as safe as its stream asks for. The journal is a line of its
 * own, so that a record whose tick got lost is known there. What was sent before without an answer
 * is first asked for: its line is ended, and the backend tells how far it came. Thread-safe.
 */
final class StreamReplay implements Spill {
  private static final Logger LOG = LoggerFactory.getLogger(StreamReplay.class);
  private static final int MOST = 256;
  private static final long MOST_BYTES = 1 << 20;
  private static final int FEW = 1_024;
  private static final Duration FIRST_REPEAT = Duration.ofMillis(50);
  private static final Duration LAST_REPEAT = Duration.ofSeconds(1);

  /** For what waiting alone does not help. */
  private static final Duration STUCK_REPEAT = Duration.ofSeconds(10);

  /** A record lies no longer than the journal's limit of age; a day for clocks and restarts. */
  private static final Duration LONGER = Duration.ofDays(1);

  private static final long LOOK_AT_DEPTH_NANOS = Duration.ofMillis(250).toNanos();

  private final Journal journal;
  private final String stream;
  private final StreamLog log;
  private final Backups backups;
  private final Backlogs backlogs;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Executor executor;
  private final Function<String, Optional<StreamConfig>> configs;
  private final Duration spillAfter;
  private final Duration remembered;
  private final Rate rate;

  /** Guards what follows; held for no call to the backend or the journal. */
  private final ReentrantLock lock = new ReentrantLock();

  private long left;
  private int writing;
  private long changes;
  private boolean empty;
  private boolean stepping;
  private boolean pausing;
  private boolean stopped;
  private boolean wentWell;
  private boolean asking;
  private long askedAt;
  private Duration pause = FIRST_REPEAT;

  // Only used by the one step that is under way.
  private long doneUpTo;
  private List<Stored> ahead = List.of();
  private @Nullable String sealedLine;
  private long sealedUpTo;

  private volatile @Nullable String stuck;
  private volatile BackupStatus.Depth depth = BackupStatus.Depth.NONE;
  private volatile long depthAt;
  private volatile boolean depthSeen;

  StreamReplay(
      Journal journal,
      String stream,
      StreamsContext context,
      Function<String, Optional<StreamConfig>> configs,
      Duration spillAfter,
      Duration maxAge,
      Rate rate,
      Executor executor) {
    this.journal = journal;
    this.stream = stream;
    this.log = context.backend().log();
    this.backups = context.backend().facet(Backups.class).orElseThrow();
    this.backlogs = context.backlogs();
    this.clock = context.clock();
    this.random = context.random();
    this.configs = configs;
    this.spillAfter = spillAfter;
    this.remembered = maxAge.plus(LONGER);
    this.rate = rate;
    this.executor = executor;
    this.empty = !journal.streams().contains(stream);
    this.left = empty ? 0 : Math.max(1, journal.depth(stream).records());
  }

  @Override
  public CompletableFuture<Void> append(List<JournalRecord> records) {
    lock.lock();
    try {
      writing += records.size();
      changes++;
      // What was true before the backend's trouble says nothing now.
      wentWell &= !empty;
      empty = false;
    } finally {
      lock.unlock();
    }
    CompletableFuture<Void> stored = stored(records);
    return stored.whenComplete((done, error) -> written(records.size(), error == null));
  }

  private CompletableFuture<Void> stored(List<JournalRecord> records) {
    try {
      return journal.append(records);
    } catch (RuntimeException failed) {
      return CompletableFuture.failedFuture(failed);
    }
  }

  private void written(int records, boolean stored) {
    lock.lock();
    try {
      writing -= records;
      left += stored ? records : 0;
      changes++;
    } finally {
      lock.unlock();
    }
    wake();
  }

  @Override
  public boolean isEmpty() {
    lock.lock();
    try {
      return empty && writing == 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean emptiesSoon() {
    lock.lock();
    try {
      boolean answers = !asking || clock.nanoTime() - askedAt < spillAfter.toNanos();
      return wentWell && answers && !pausing && left + writing <= FEW;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Duration spillAfter() {
    return spillAfter;
  }

  @Override
  public Duration remembered() {
    return remembered;
  }

  /** Why nothing moves, and will not by itself; null: nothing like that is known. */
  @Nullable String stuck() {
    return stuck;
  }

  /** What waits, as it was seen a moment ago. */
  BackupStatus.Depth depth() {
    return depth;
  }

  /** Goes on if there is something and nothing is under way. */
  void wake() {
    lock.lock();
    try {
      if (stepping || pausing || stopped || empty) {
        return;
      }
      stepping = true;
    } finally {
      lock.unlock();
    }
    executor.execute(this::step);
  }

  /** No further append begins. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
    } finally {
      lock.unlock();
    }
  }

  private void step() {
    guarded(
        () -> {
          List<Stored> found = found();
          if (!found.isEmpty()) {
            bring(found);
          }
        });
  }

  /** The steps must go on, also when memory was short: senders wait for the journal to empty. */
  private void guarded(Runnable part) {
    try {
      part.run();
    } catch (BrokerException unreadable) {
      failed(unreadable);
    } catch (RuntimeException | Error fault) {
      LOG.error("journal: the replay of stream {} met a fault", stream, fault);
      failed(fault);
    }
  }

  private List<Stored> found() {
    long seen;
    lock.lock();
    try {
      seen = changes;
      if (stopped) {
        stepping = false;
        return List.of();
      }
    } finally {
      lock.unlock();
    }
    if (ahead.isEmpty()) {
      ahead = journal.next(stream, doneUpTo, MOST, MOST_BYTES);
    }
    List<Stored> found = ahead;
    lookAtDepth(found.isEmpty());
    if (found.isEmpty()) {
      ended(seen);
    }
    return found;
  }

  private void ended(long seen) {
    boolean more;
    lock.lock();
    try {
      stepping = false;
      more = changes != seen;
      if (!more && writing == 0) {
        empty = true;
        left = 0;
      }
    } finally {
      lock.unlock();
    }
    if (more) {
      wake();
    }
  }

  private void lookAtDepth(boolean now) {
    long time = clock.nanoTime();
    if (now || !depthSeen || time - depthAt >= LOOK_AT_DEPTH_NANOS) {
      depthSeen = true;
      depthAt = time;
      Depth seen = journal.depth(stream);
      depth = new BackupStatus.Depth(seen.records(), seen.oldest());
    }
  }

  private void bring(List<Stored> found) {
    Optional<Sent> unknown = found.getFirst().record().unknown();
    if (unknown.isPresent() && !unknown.get().line().equals(sealedLine)) {
      seal(unknown.get().line());
      return;
    }
    int there = 0;
    while (there < found.size() && isThere(found.get(there))) {
      there++;
    }
    if (there > 0) {
      done(found.subList(0, there));
      executor.execute(this::step);
    } else {
      deliver(together(found));
    }
  }

  private boolean isThere(Stored stored) {
    return stored
        .record()
        .unknown()
        .filter(sent -> sent.line().equals(sealedLine) && sent.number() <= sealedUpTo)
        .isPresent();
  }

  /** Those that one append can take: numbered without a gap, and with the same rule for ids. */
  private List<Stored> together(List<Stored> found) {
    var batch = new ArrayList<Stored>();
    for (Stored next : found) {
      boolean goesOn =
          batch.isEmpty()
              || (next.number() == batch.getLast().number() + 1
                  && next.record().idWindow().equals(batch.getFirst().record().idWindow())
                  && !isThere(next)
                  && next.record().unknown().map(Sent::line).stream()
                      .allMatch(line -> line.equals(sealedLine)));
      if (!goesOn) {
        break;
      }
      batch.add(next);
    }
    return batch;
  }

  private void seal(String line) {
    asking(true);
    var unused =
        ask(() -> backups.seal(stream, line, remembered))
            .whenComplete(
                (last, error) -> {
                  asking(false);
                  if (error != null) {
                    failed(error);
                  } else {
                    sealedLine = line;
                    sealedUpTo = last;
                    executor.execute(this::step);
                  }
                });
  }

  private void deliver(List<Stored> batch) {
    Stored first = batch.getFirst();
    AppendGuard guard =
        AppendGuard.none()
            .backup(Names.backup(stream))
            .dedup(
                new Dedup.InLine(
                    journal.id(), first.number(), 0, remembered, first.record().idWindow()));
    Optional<StreamConfig> config = configs.apply(stream);
    if (config.isPresent()) {
      guard =
          guard
              .durability(config.get().sending().durability())
              .maxBacklog(backlogs.latestLimit(stream).orElse(config.get().maxLength()));
    }
    List<Entry> entries = batch.stream().map(stored -> stored.record().entry()).toList();
    asking(true);
    var unused =
        Sender.append(log, stream, entries, guard)
            .whenComplete(
                (answers, error) -> {
                  asking(false);
                  if (answers == null) {
                    failed(error == null ? new IllegalStateException("no answer") : error);
                  } else {
                    guarded(() -> answered(batch, answers));
                  }
                });
  }

  private static <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void asking(boolean begins) {
    lock.lock();
    try {
      asking = begins;
      askedAt = clock.nanoTime();
    } finally {
      lock.unlock();
    }
  }

  private void answered(List<Stored> batch, List<Appended> answers) {
    int stored = 0;
    while (stored < answers.size()
        && (answers.get(stored) instanceof Appended.At
            || answers.get(stored) instanceof Appended.Spilled)) {
      stored++;
    }
    if (stored > 0) {
      done(batch.subList(0, stored));
    }
    if (stored == batch.size()) {
      executor.execute(this::step);
      return;
    }
    switch (answers.get(stored)) {
      case Appended.Failed refused -> failed(refused.error());
      case Appended.Ambiguous unknown -> failed(unknown.cause());
      case Appended.Unconfirmed unsafe -> failed(new IllegalStateException(unsafe.why()));
      case Appended other -> failed(new IllegalStateException("the backend answered " + other));
    }
  }

  private void done(List<Stored> records) {
    doneUpTo = records.getLast().number();
    // What one append could not take is not read again: readers begin at the start of a file.
    ahead = ahead.stream().filter(next -> next.number() > doneUpTo).toList();
    journal.done(stream, doneUpTo);
    rate.add(records.size());
    stuck = null;
    lock.lock();
    try {
      left = Math.max(0, left - records.size());
      wentWell = true;
      pause = FIRST_REPEAT;
    } finally {
      lock.unlock();
    }
  }

  /** Tries again, later each time; what will not get better by itself holds up no other stream. */
  private void failed(Throwable error) {
    boolean forGood = Trouble.isOfTheMessage(error);
    if (forGood) {
      if (stuck == null) {
        LOG.error(
            "journal: the next message to stream {} is refused, and those behind it wait: {}",
            stream,
            Trouble.text(error));
      }
      stuck = Trouble.text(error);
    }
    Duration wait;
    lock.lock();
    try {
      stepping = false;
      wentWell = false;
      if (stopped) {
        return;
      }
      pausing = true;
      wait = forGood ? STUCK_REPEAT : pause;
      pause = pause.compareTo(LAST_REPEAT.dividedBy(2)) > 0 ? LAST_REPEAT : pause.multipliedBy(2);
    } finally {
      lock.unlock();
    }
    long nanos = wait.toNanos();
    clock.schedule(
        Duration.ofNanos(nanos / 2 + random.nextLong(nanos / 2 + 1)),
        () -> {
          lock.lock();
          try {
            pausing = false;
          } finally {
            lock.unlock();
          }
          wake();
        });
  }
}
