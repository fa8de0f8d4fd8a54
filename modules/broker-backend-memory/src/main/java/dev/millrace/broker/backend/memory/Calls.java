package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What is remembered of the requests of all streams, each for its time. Thread-safe. */
final class Calls {
  /** Guards {@code calls}; taken while a stream's lock is held, never the other way round. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Expiring<Call> calls;

  /**
   * A request.
   *
   * @param at where it is or was
   * @param inboxes that wait for its reply
   * @param reply once there is one
   */
  record Call(Position at, Set<String> inboxes, @Nullable Entry reply) {
    Call with(String inbox) {
      var all = new LinkedHashSet<>(inboxes);
      all.add(inbox);
      return new Call(at, all, reply);
    }

    Call without(String inbox) {
      var others = new LinkedHashSet<>(inboxes);
      others.remove(inbox);
      return new Call(at, others, reply);
    }
  }

  Calls(BrokerClock clock) {
    this.calls = new Expiring<>(clock);
  }

  @Nullable Call find(String stream, String id) {
    lock.lock();
    try {
      return calls.get(key(stream, id));
    } finally {
      lock.unlock();
    }
  }

  /** For so long, or as long as it was to be remembered before. */
  void put(String stream, String id, Call call, Duration length) {
    lock.lock();
    try {
      calls.putLonger(key(stream, id), call, length);
    } finally {
      lock.unlock();
    }
  }

  /** For so long from now on. */
  void answered(String stream, String id, Call call, Duration length) {
    lock.lock();
    try {
      calls.put(key(stream, id), call, length);
    } finally {
      lock.unlock();
    }
  }

  void forget(String stream, String id) {
    lock.lock();
    try {
      calls.remove(key(stream, id));
    } finally {
      lock.unlock();
    }
  }

  /** No name of a stream has a line break. */
  private static String key(String stream, String id) {
    return stream + '\n' + id;
  }
}
