package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.BrokerClock.Cancellable;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import dev.millrace.broker.backend.redis.internal.connection.Shards;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sharded subscriptions: one connection to each master that has channels of ours.
 *
 * <p>A channel leaves its node when that takes its slot away (it unsubscribes us, and says to the
 * next question who has it), when the connection breaks, or when the node doubts itself and another
 * one is named. It is looked for until it is heard again, and then its gap is told: it ends with
 * the answer of the new node and began with the last good beat of the old one.
 */
final class ShardedSubscriptions implements Hearing, ShardLink.Owner {
  private static final Duration FIRST_LOOK = Duration.ofMillis(50);
  private static final Duration LAST_LOOK = Duration.ofSeconds(1);

  /** So long may a node go on with a slot that has another owner: until it is told. */
  private static final Duration UNTOLD = Duration.ofSeconds(1);

  private final Shards shards;
  private final BrokerClock clock;
  private final String name;
  private final Map<String, Seat> seats = new ConcurrentHashMap<>();
  // Guards the seats, the links and what follows, and the order of what is sent. Not held while
  // listeners are called.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Node, ShardLink> links = new HashMap<>();
  private final Map<ShardLink, CompletableFuture<Void>> closing = new ConcurrentHashMap<>();
  private Duration nextLook = FIRST_LOOK;
  private boolean looking;
  private boolean closed;
  private @Nullable Throwable trouble;

  /**
   * On these nodes.
   *
   * @param name what errors name
   */
  ShardedSubscriptions(Shards shards, BrokerClock clock, String name) {
    this.shards = shards;
    this.clock = clock;
    this.name = name;
  }

  @Override
  public CompletionStage<Topic.Listener> add(ChannelPattern pattern, EventSink sink) {
    String channel = pattern.text();
    CompletableFuture<Void> heard;
    Topic.Listener listener;
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedStage(isClosed());
      }
      Seat seat = seats.computeIfAbsent(channel, Seat::new);
      listener = seat.topic.add(pattern, sink);
      heard = seat.await();
      ShardLink link = seat.link();
      if (link == null) {
        place(seat, shards.owner(channel));
      } else {
        // Asked for each listener: none may believe to be heard while the connection is gone.
        link.ask(channel);
      }
    } finally {
      lock.unlock();
    }
    Cancellable limit = clock.schedule(shards.patience(), () -> giveUp(heard, channel));
    return heard
        .whenComplete(
            (done, error) -> {
              limit.cancel();
              if (error != null) {
                remove(pattern, listener);
              }
            })
        .thenApply(done -> listener);
  }

  private void giveUp(CompletableFuture<Void> heard, String channel) {
    Throwable last;
    lock.lock();
    try {
      last = trouble;
    } finally {
      lock.unlock();
    }
    heard.completeExceptionally(
        new BackendUnavailableException(
            "subscribe",
            channel,
            "no node of "
                + name
                + " took the channel within "
                + shards.patience().toMillis()
                + " ms",
            last));
  }

  @Override
  public void remove(ChannelPattern pattern, Topic.Listener listener) {
    lock.lock();
    try {
      Seat seat = seats.get(pattern.text());
      if (seat != null && seat.topic.remove(listener)) {
        seats.remove(pattern.text());
        leave(seat);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Has it heard nowhere; what nobody needs any more is closed. */
  private void leave(Seat seat) {
    ShardLink link = seat.link();
    seat.nowhere();
    if (link == null) {
      return;
    }
    if (seats.values().stream().noneMatch(other -> other.link() == link)) {
      drop(link);
    } else {
      link.leave(seat.topic.name());
    }
  }

  private void drop(ShardLink link) {
    links.remove(link.node(), link);
    CompletableFuture<Void> end = link.close().toCompletableFuture();
    closing.put(link, end);
    var unused = end.whenComplete((done, error) -> closing.remove(link));
  }

  private void place(Seat seat, Optional<Node> owner) {
    if (owner.isEmpty()) {
      lookSoon();
      return;
    }
    ShardLink known = links.get(owner.get());
    ShardLink link = known == null ? new ShardLink(owner.get(), clock, lock, this) : known;
    seat.askedOn(link);
    link.ask(seat.topic.name());
    if (known == null) {
      links.put(owner.get(), link);
      link.open(shards);
    }
  }

  // ---- what the links tell

  @Override
  public void event(String channel, byte[] message) {
    Seat seat = seats.get(channel);
    if (seat != null) {
      seat.topic.event(channel, message);
    }
  }

  @Override
  public void heard(ShardLink link, String channel) {
    Seat seat;
    Instant from;
    List<CompletableFuture<Void>> waited;
    lock.lock();
    try {
      seat = seats.get(channel);
      if (seat == null || seat.link() != link) {
        link.leave(channel); // nobody wants it here any more
        return;
      }
      from = seat.heard();
      waited = seat.waited();
      nextLook = FIRST_LOOK;
    } finally {
      lock.unlock();
    }
    if (from != null) {
      seat.topic.gap(from, clock.now());
    }
    waited.forEach(each -> each.complete(null));
  }

  /** Of our own accord, or because the node has lost the slot: then it knows who has it. */
  @Override
  public void left(ShardLink link, String channel) {
    lock.lock();
    try {
      Seat seat = seats.get(channel);
      if (seat != null && seat.link() == link && seat.up()) {
        seat.deaf(link.lastGood().minus(UNTOLD));
        link.ask(channel);
        lookSoon();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void refused(ShardLink link, String channel, Throwable error) {
    List<CompletableFuture<Void>> waited = List.of();
    lock.lock();
    try {
      Seat seat = seats.get(channel);
      if (seat == null || seat.link() != link) {
        return;
      }
      trouble = error;
      Optional<Node> moved = Moved.to(error);
      if (!RedisErrors.transientError(error)) {
        waited = seat.waited();
      }
      seat.deaf(link.lastGood());
      leave(seat);
      if (moved.isPresent() && seat.follows()) {
        place(seat, moved);
      }
      lookSoon();
    } finally {
      lock.unlock();
    }
    waited.forEach(each -> each.completeExceptionally(error));
  }

  @Override
  public void lost(ShardLink link, Throwable error) {
    lock.lock();
    try {
      trouble = error;
      seats.values().stream()
          .filter(seat -> seat.link() == link)
          .forEach(
              seat -> {
                seat.deaf(link.lastGood());
                seat.nowhere();
              });
      drop(link);
      lookSoon();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void doubtful() {
    lookSoon();
  }

  // ---- looking for the channels that are heard nowhere

  private void lookSoon() {
    lock.lock();
    try {
      if (looking || closed) {
        return;
      }
      looking = true;
      clock.schedule(nextLook, this::look);
      Duration twice = nextLook.multipliedBy(2);
      nextLook = twice.compareTo(LAST_LOOK) < 0 ? twice : LAST_LOOK;
    } finally {
      lock.unlock();
    }
  }

  private void look() {
    var unused =
        CompletableFuture.completedStage(null)
            .thenCompose(now -> shards.refresh())
            .whenComplete(
                (done, error) -> {
                  lock.lock();
                  try {
                    looking = false;
                    trouble = error == null ? trouble : error;
                    if (!closed) {
                      search();
                    }
                  } finally {
                    lock.unlock();
                  }
                });
  }

  private void search() {
    boolean again = false;
    for (Seat seat : List.copyOf(seats.values())) {
      ShardLink link = seat.link();
      Optional<Node> owner = shards.owner(seat.topic.name());
      seat.lookedFor();
      boolean settled = link != null && seat.up() && !link.isDoubtful();
      if (link == null) {
        place(seat, owner);
      } else if (!settled && owner.isPresent() && !owner.get().equals(link.node())) {
        seat.deaf(link.lastGood());
        leave(seat);
        place(seat, owner);
      }
      again |= !settled;
    }
    if (again) {
      lookSoon();
    }
  }

  private InvalidStateException isClosed() {
    return new InvalidStateException(
        "subscribe", name, "the backend is closed", "Open it again, or stop its users first");
  }

  @Override
  public CompletionStage<Void> close() {
    var waited = new ArrayList<CompletableFuture<Void>>();
    lock.lock();
    try {
      closed = true;
      List.copyOf(links.values()).forEach(this::drop);
      seats.values().forEach(seat -> waited.addAll(seat.waited()));
      seats.clear();
    } finally {
      lock.unlock();
    }
    waited.forEach(each -> each.completeExceptionally(isClosed()));
    return CompletableFuture.allOf(closing.values().toArray(CompletableFuture<?>[]::new));
  }
}
