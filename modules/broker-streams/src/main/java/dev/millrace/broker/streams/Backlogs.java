package dev.millrace.broker.streams;

import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.StreamLog;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/** The backlogs that the producers of one manager look at: one for each stream in use. */
public final class Backlogs {
  /** Guards {@code shared}; held briefly. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, Shared> shared = new HashMap<>();

  /** For one manager. */
  public Backlogs() {}

  private static final class Shared {
    final Backlog backlog;
    int users;

    Shared(Backlog backlog) {
      this.backlog = backlog;
    }
  }

  Backlog use(StreamConfig stream, StreamLog log, BrokerClock clock) {
    lock.lock();
    try {
      Shared found =
          shared.computeIfAbsent(
              stream.name(), name -> new Shared(new Backlog(log, name, stream.maxLength(), clock)));
      found.users++;
      return found.backlog;
    } finally {
      lock.unlock();
    }
  }

  /** A stream's settings were changed: its producers here go by them at once. */
  public void changed(String stream, Map<String, String> settings) {
    find(stream).ifPresent(backlog -> backlog.changed(settings));
  }

  /** The limit of a stream's backlog as it is now; empty: no producer here keeps to one. */
  OptionalLong latestLimit(String stream) {
    return find(stream).stream().mapToLong(Backlog::latestLimit).findFirst();
  }

  private Optional<Backlog> find(String stream) {
    lock.lock();
    try {
      return Optional.ofNullable(shared.get(stream)).map(found -> found.backlog);
    } finally {
      lock.unlock();
    }
  }

  void release(String stream) {
    lock.lock();
    try {
      Shared found = shared.get(stream);
      if (found != null && --found.users == 0) {
        shared.remove(stream);
      }
    } finally {
      lock.unlock();
    }
  }
}
