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
import java.lang.System.Logger.Level;
import java.net.ConnectException;
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

  /** Where a node refuses for good: somebody has to change rights before. */
  private static final Duration REFUSED_LOOK = Duration.ofSeconds(10);

  /** Longer than a failover takes; who is deaf for longer is in the log. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** So long may a node go on with a slot that has another owner: until it is told. */
  private static final Duration UNTOLD = Duration.ofSeconds(1);

  private final Shards shards;
  private final BrokerClock clock;
  private final String name;
  private final System.Logger log;
  private final Map<String, Seat> seats = new ConcurrentHashMap<>();
  // Guards the seats, the links and what follows, and the order of what is sent. Not held while
  // listeners are called.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Node, ShardLink> links = new HashMap<>();
  private final Map<ShardLink, CompletableFuture<Void>> closing = new ConcurrentHashMap<>();
  private Duration nextLook = FIRST_LOOK;
  private boolean looking;
  private boolean retrying;
  private boolean closed;
  private @Nullable Throwable trouble;

  /**
   * On these nodes.
   *
   * @param name what errors name
   */
  ShardedSubscriptions(Shards shards, BrokerClock clock, String name) {
    this(shards, clock, name, System.getLogger(ShardedSubscriptions.class.getName()));
  }

  /**
   * The same.
   *
   * @param log is told of channels that are deaf for long
   */
  ShardedSubscriptions(Shards shards, BrokerClock clock, String name, System.Logger log) {
    this.shards = shards;
    this.clock = clock;
    this.name = name;
    this.log = log;
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
  public void event(ShardLink link, String channel, byte[] message) {
    Seat seat = seats.get(channel);
    // What another one still brings is in the gap: heard here too it would be heard twice.
    if (seat != null && seat.link() == link) {
      seat.topic.event(channel, message);
    }
  }

  @Override
  public void heard(ShardLink link, String channel) {
    Seat seat;
    Instant from;
    List<CompletableFuture<Void>> waited;
    boolean again;
    lock.lock();
    try {
      seat = seats.get(channel);
      if (seat == null || seat.link() != link) {
        link.leave(channel); // nobody wants it here any more
        return;
      }
      from = seat.heard();
      waited = seat.waited();
      again = seat.consoled();
      nextLook = FIRST_LOOK;
    } finally {
      lock.unlock();
    }
    if (again) {
      log.log(Level.INFO, "{0} is heard again, at {1}", channel, text(link.node()));
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
        seat.deaf(link.lastGood().minus(UNTOLD), clock.now());
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
      seat.deaf(link.lastGood(), clock.now());
      leave(seat);
      if (!RedisErrors.transientError(error)) {
        waited = seat.waited();
        bar(seat, link.node(), error);
        return;
      }
      if (moved.isPresent() && seat.follows()) {
        place(seat, moved);
      }
      lookSoon();
    } finally {
      lock.unlock();
      waited.forEach(each -> each.completeExceptionally(error));
    }
  }

  /** Nobody who heard it before would be told otherwise. */
  private void bar(Seat seat, Node node, Throwable error) {
    seat.barred();
    if (seat.wasHeard()) {
      complain(seat, node, error);
    }
    retryLater();
  }

  private void complain(Seat seat, @Nullable Node node, @Nullable Throwable error) {
    if (seat.complains()) {
      log.log(
          Level.WARNING,
          "{0} is not heard any more, last asked for at {1}; it is tried on: {2}",
          seat.topic.name(),
          node == null ? "no node" : text(node),
          error == null ? "no error" : RedisErrors.unwrap(error).getMessage());
    }
  }

  private static String text(Node node) {
    return node.host() + ":" + node.port();
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
                seat.deaf(link.lastGood(), clock.now());
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

  private void retryLater() {
    if (retrying || closed) {
      return;
    }
    retrying = true;
    clock.schedule(REFUSED_LOOK, this::retry);
  }

  private void retry() {
    lock.lock();
    try {
      retrying = false;
      seats.values().forEach(Seat::retry);
    } finally {
      lock.unlock();
    }
    lookSoon();
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
    // One that broke before anybody listened to it has told nobody.
    List.copyOf(links.values()).stream()
        .filter(link -> !link.isUsable())
        .forEach(link -> lost(link, new ConnectException("the connection broke")));
    boolean again = false;
    for (Seat seat : List.copyOf(seats.values())) {
      ShardLink link = seat.link();
      if (seat.isBarred() && link == null) {
        continue;
      }
      Optional<Node> owner = shards.owner(seat.topic.name());
      seat.lookedFor();
      boolean settled = link != null && seat.up() && !link.isDoubtful();
      if (link == null) {
        place(seat, owner);
      } else if (!settled && owner.isPresent() && !owner.get().equals(link.node())) {
        seat.deaf(link.lastGood(), clock.now());
        leave(seat);
        place(seat, owner);
      }
      if (!settled && seat.isDeafSince(clock.now().minus(PATIENCE))) {
        complain(seat, owner.orElse(null), trouble);
      }
      again |= !settled && !seat.isBarred();
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
