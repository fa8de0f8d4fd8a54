package dev.millrace.broker.streams;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.streams.journal.Journal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the backup producers of one manager share: the journal and its replay, and for each stream
 * the drain of its backup. All of it begins with the first backup producer. Thread-safe.
 */
public final class BackupQueues {
  private static final Logger LOG = LoggerFactory.getLogger(BackupQueues.class);
  private static final Duration LOOK_FOR_DEAD = Duration.ofSeconds(10);

  private final StreamsContext context;
  private final JournalConfig config;
  private final Function<String, Optional<StreamConfig>> configs;
  private final Executor executor;
  private final Map<String, Rate> rates = new ConcurrentHashMap<>();

  /** Guards what follows; held while the journal is opened, which may take a moment. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, Used> queues = new HashMap<>();
  private final List<JournalReplay> adopted = new ArrayList<>();
  private @Nullable JournalReplay own;
  private BrokerClock.@Nullable Cancellable timer;
  private boolean closed;

  private static final class Used {
    final BackupQueue queue;
    int users;

    Used(BackupQueue queue) {
      this.queue = queue;
    }
  }

  /**
   * For one manager.
   *
   * @param journal where and how large; without a directory there is none
   * @param configs which configuration is in force for a stream here
   */
  public BackupQueues(
      StreamsContext context,
      JournalConfig journal,
      Function<String, Optional<StreamConfig>> configs) {
    this(
        context,
        journal,
        configs,
        task -> Thread.ofVirtual().name("millrace-journal-replay").start(task));
  }

  BackupQueues(
      StreamsContext context,
      JournalConfig journal,
      Function<String, Optional<StreamConfig>> configs,
      Executor executor) {
    this.context = context;
    this.config = journal;
    this.configs = configs;
    this.executor = executor;
  }

  /**
   * The queue of a stream, for one more producer.
   *
   * @throws dev.millrace.broker.api.JournalException if the journal cannot be opened
   */
  BackupQueue use(StreamConfig stream) {
    lock.lock();
    try {
      Used found = queues.get(stream.name());
      if (found == null) {
        JournalReplay replay = config.directory().map(this::opened).orElse(null);
        Backlog backlog = context.backlogs().use(stream, context.backend().log(), context.clock());
        found =
            new Used(
                new BackupQueue(
                    context,
                    stream,
                    backlog,
                    replay == null ? null : replay.of(stream.name()),
                    replay == null ? null : replay.journal(),
                    rate(stream.name())));
        queues.put(stream.name(), found);
        found.queue.start();
      }
      found.users++;
      return found.queue;
    } finally {
      lock.unlock();
    }
  }

  void release(String stream) {
    lock.lock();
    try {
      Used found = queues.get(stream);
      if (found != null && --found.users == 0) {
        queues.remove(stream);
        found.queue.stop();
        context.backlogs().release(stream);
      }
    } finally {
      lock.unlock();
    }
  }

  private Rate rate(String stream) {
    return rates.computeIfAbsent(stream, name -> new Rate(context.clock()));
  }

  private JournalReplay opened(Path directory) {
    JournalReplay open = own;
    if (open == null) {
      Journal journal = Journal.open(directory, config, context.clock(), context.random());
      for (Path other : journal.beside()) {
        LOG.warn(
            "journal: {} holds messages for another server; they go there when a program with that"
                + " server's URL runs",
            other);
      }
      open = replay(journal);
      own = open;
      open.start();
      lookForDead(Duration.ofSeconds(1));
    }
    return open;
  }

  private JournalReplay replay(Journal journal) {
    return new JournalReplay(journal, context, configs, config, this::rate, executor);
  }

  private void lookForDead(Duration least) {
    timer =
        context
            .clock()
            .schedule(
                least.plusNanos(context.random().nextLong(least.toNanos() * 2)),
                () -> executor.execute(this::adopt));
  }

  /** Takes over what dead processes left, and gives back what is empty. */
  private void adopt() {
    lock.lock();
    try {
      JournalReplay mine = own;
      if (closed || mine == null) {
        return;
      }
      adopted.removeIf(BackupQueues::finished);
      for (Journal left : mine.journal().adopt()) {
        LOG.info("journal: taking over {} that a dead process has left", left.id());
        JournalReplay replay = replay(left);
        adopted.add(replay);
        replay.start();
      }
    } catch (BrokerException unreadable) {
      LOG.warn("journal: could not look for those of dead processes: {}", unreadable.getMessage());
    } finally {
      if (!closed) {
        lookForDead(LOOK_FOR_DEAD);
      }
      lock.unlock();
    }
  }

  private static boolean finished(JournalReplay replay) {
    boolean empty = replay.isEmpty();
    if (empty) {
      replay.stop();
      replay.journal().close();
    }
    return empty;
  }

  /**
   * Ends replay and draining, and closes the journal. To be called after the producers are closed.
   * Waits for the disk. Idempotent.
   *
   * @return what is left in the journal
   */
  public DrainReport close() {
    lock.lock();
    try {
      if (closed) {
        return DrainReport.nothing();
      }
      closed = true;
      if (timer != null) {
        timer.cancel();
      }
      queues.values().forEach(used -> used.queue.stop());
      var left = new ArrayList<String>();
      if (own != null) {
        adopted.add(own);
      }
      for (JournalReplay replay : adopted) {
        replay.stop();
        left.addAll(closing(replay));
      }
      return new DrainReport(0, 0, 0, Duration.ZERO, left);
    } finally {
      lock.unlock();
    }
  }

  private static List<String> closing(JournalReplay replay) {
    var left = new ArrayList<String>();
    try {
      left.addAll(replay.left());
      replay.journal().sync();
    } catch (BrokerException failed) {
      left.add("journal: " + failed.getMessage());
    }
    replay.journal().close();
    return left;
  }
}
