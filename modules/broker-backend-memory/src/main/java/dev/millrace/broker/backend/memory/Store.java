package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What one or several backends keep: the part that is a server elsewhere. Thread-safe. */
final class Store {
  private final BrokerClock clock;
  private final ConcurrentHashMap<String, MemoryStream> streams = new ConcurrentHashMap<>();
  private final AtomicLong serials = new AtomicLong();
  private final AtomicLong fences = new AtomicLong();
  // The highest id of a stream that was deleted: a new stream of that name goes on behind it.
  private final AtomicReference<EntryId> floor = new AtomicReference<>(EntryId.ZERO);

  private final Topics topics = new Topics();
  private final ConcurrentHashMap<String, Mailbox> inboxes = new ConcurrentHashMap<>();
  private final Calls calls;
  private final Scheduled scheduled = new Scheduled(this);
  private final Agreement agreement;
  private final Footprint footprint;

  Store(BrokerClock clock) {
    this(clock, OptionalLong.empty());
  }

  /**
   * Empty.
   *
   * @param maxMemory about how many bytes its streams may take
   */
  Store(BrokerClock clock, OptionalLong maxMemory) {
    this.clock = clock;
    this.footprint = new Footprint(maxMemory);
    this.agreement = new Agreement(clock);
    this.calls = new Calls(clock);
  }

  Calls calls() {
    return calls;
  }

  Topics topics() {
    return topics;
  }

  Scheduled scheduled() {
    return scheduled;
  }

  Agreement agreement() {
    return agreement;
  }

  Footprint footprint() {
    return footprint;
  }

  String openInbox(Mailbox mailbox) {
    String address = "inbox-" + serials.incrementAndGet();
    inboxes.put(address, mailbox);
    return address;
  }

  @Nullable Mailbox inbox(String address) {
    return inboxes.get(address);
  }

  void closeInbox(String address) {
    inboxes.remove(address);
  }

  BrokerClock clock() {
    return clock;
  }

  long nowMillis() {
    return clock.now().toEpochMilli();
  }

  long nextFence() {
    return fences.incrementAndGet();
  }

  /** Of all streams. */
  List<String> names() {
    return List.copyOf(streams.keySet());
  }

  int streamCount() {
    return streams.size();
  }

  /** Does something under the lock of a stream, which is made where it does not exist. */
  <T> T with(String name, Function<MemoryStream, T> action) {
    while (true) {
      MemoryStream stream = stream(name);
      stream.lock();
      try {
        if (!stream.removed()) {
          return action.apply(stream);
        }
      } finally {
        stream.unlock();
      }
    }
  }

  /** Does something under the lock of a stream, or gives another answer where there is none. */
  <T> T find(String name, Function<MemoryStream, T> action, Supplier<T> absent) {
    MemoryStream stream = streams.get(name);
    if (stream == null) {
      return absent.get();
    }
    stream.lock();
    try {
      return stream.removed() ? absent.get() : action.apply(stream);
    } finally {
      stream.unlock();
    }
  }

  /**
   * Does something under the locks of a stream and of another one, which is made where it is
   * missing.
   */
  <T> T withBoth(MemoryStream stream, String other, Function<MemoryStream, T> action) {
    while (true) {
      MemoryStream second = stream.name.equals(other) ? stream : stream(other);
      MemoryStream low = stream.serial <= second.serial ? stream : second;
      MemoryStream high = stream.serial <= second.serial ? second : stream;
      low.lock();
      high.lock();
      try {
        if (stream.serial == second.serial || !second.removed()) {
          return action.apply(second);
        }
      } finally {
        high.unlock();
        low.unlock();
      }
    }
  }

  /** Does something under the locks of two streams, made where they are missing. */
  <T> T withBoth(String name, String other, BiFunction<MemoryStream, MemoryStream, T> action) {
    while (true) {
      MemoryStream first = stream(name);
      Optional<T> done =
          withBoth(
              first,
              other,
              second ->
                  first.removed() ? Optional.empty() : Optional.of(action.apply(first, second)));
      if (done.isPresent()) {
        return done.get();
      }
    }
  }

  /** Under the locks of both, or another answer where the first stream does not exist. */
  <T> T findBoth(
      String from,
      String to,
      BiFunction<MemoryStream, MemoryStream, T> action,
      Supplier<T> absent) {
    MemoryStream stream = streams.get(from);
    if (stream == null) {
      return absent.get();
    }
    return withBoth(
        stream, to, target -> stream.removed() ? absent.get() : action.apply(stream, target));
  }

  void delete(String name) {
    deleteIf(name, stream -> true);
  }

  /** Deletes a stream of which this is true under its lock. */
  void deleteIf(String name, Predicate<MemoryStream> condition) {
    @Nullable MemoryStream stream = streams.get(name);
    if (stream == null) {
      return;
    }
    stream.lock();
    try {
      if (stream.removed() || !condition.test(stream)) {
        return;
      }
      stream.delete();
      if (stream.removed()) {
        floor.accumulateAndGet(stream.last(), (a, b) -> a.compareTo(b) >= 0 ? a : b);
        streams.remove(name, stream);
      }
    } finally {
      stream.unlock();
    }
  }

  /** Forgets everything and cancels all timers. */
  void close() {
    List<MemoryStream> all = new ArrayList<>(streams.values());
    streams.clear();
    for (MemoryStream stream : all) {
      stream.lock();
      try {
        stream.close();
      } finally {
        stream.unlock();
      }
    }
  }

  private MemoryStream stream(String name) {
    MemoryStream known = streams.get(name);
    return known != null
        ? known
        : streams.computeIfAbsent(
            name,
            n ->
                new MemoryStream(
                    this, n, serials.incrementAndGet(), Objects.requireNonNull(floor.get())));
  }
}
