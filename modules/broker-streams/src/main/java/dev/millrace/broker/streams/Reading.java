package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reader of a session, and those it had before: one that went silent is asked to stop and
 * replaced, and kept until what it delivered is settled, because leaving hands that back.
 */
final class Reading {
  private static final Logger LOG = LoggerFactory.getLogger(Reading.class);

  /** Takes what a reader delivers. */
  interface Deliveries {
    /** As {@link Sink#deliver}, with the reader that settles them. */
    void deliver(GroupReader reader, List<Received> batch);

    /** See {@link Sink#recreated}. */
    void recreated(Position from);

    /** See {@link Sink#failed}. */
    void failed(Throwable error);

    /** See {@link Sink#recovered}. */
    void recovered();
  }

  private final StreamLog log;
  private final GroupRef group;
  private final ReaderSpec spec;
  private final Deliveries deliveries;

  /** Guards the readers and whether one may be replaced. */
  private final ReentrantLock lock = new ReentrantLock();

  private final List<GroupReader> earlier = new ArrayList<>();
  private boolean replaceable = true;
  private volatile GroupReader current;

  Reading(StreamLog log, GroupRef group, ReaderSpec spec, Deliveries deliveries) {
    this.log = log;
    this.group = group;
    this.spec = spec;
    this.deliveries = deliveries;
    this.current = open();
  }

  private GroupReader open() {
    var tap = new Tap();
    GroupReader reader = log.open(group, spec, tap);
    tap.reader = reader;
    return reader;
  }

  /** See {@link GroupReader#ready()}. */
  CompletionStage<Void> ready() {
    return current.ready();
  }

  void request(int more) {
    current.request(more);
  }

  CompletionStage<Void> stop() {
    lock.lock();
    try {
      replaceable = false;
      return current.stopReading();
    } finally {
      lock.unlock();
    }
  }

  void resume() {
    lock.lock();
    try {
      replaceable = true;
      current.resumeReading();
    } finally {
      lock.unlock();
    }
  }

  /** Opens another reader in place of one that is silent; false if reading is not wanted now. */
  boolean replace() {
    lock.lock();
    try {
      if (!replaceable) {
        return false;
      }
      GroupReader silent = current;
      current = open();
      earlier.add(silent);
      silent
          .stopReading()
          .whenComplete(
              (stopped, error) -> {
                if (error != null) {
                  LOG.warn(
                      "a silent reader of '{}' did not stop: {}",
                      group.stream(),
                      error.getMessage());
                }
              });
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Leaves with earlier readers whose deliveries are all settled. */
  void leaveEarlier(Predicate<GroupReader> unused) {
    lock.lock();
    try {
      earlier.removeIf(
          reader -> {
            boolean leaves = unused.test(reader);
            if (leaves) {
              reader.close();
            }
            return leaves;
          });
    } finally {
      lock.unlock();
    }
  }

  /** Leaves with all of them. */
  CompletionStage<Void> leave() {
    lock.lock();
    try {
      replaceable = false;
      var all = new ArrayList<CompletableFuture<Void>>();
      earlier.forEach(reader -> all.add(reader.leave().toCompletableFuture()));
      all.add(current.leave().toCompletableFuture());
      return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
    } finally {
      lock.unlock();
    }
  }

  /** Tells which reader a delivery came from. */
  private final class Tap implements Sink {
    private volatile @Nullable GroupReader reader;

    @Override
    public void deliver(List<Received> batch) {
      GroupReader mine = reader;
      // Nothing is delivered before it is asked for, which takes the reader.
      deliveries.deliver(mine == null ? current : mine, batch);
    }

    @Override
    public void recreated(Position from) {
      deliveries.recreated(from);
    }

    @Override
    public void failed(Throwable error) {
      deliveries.failed(error);
    }

    @Override
    public void recovered() {
      deliveries.recovered();
    }
  }
}
