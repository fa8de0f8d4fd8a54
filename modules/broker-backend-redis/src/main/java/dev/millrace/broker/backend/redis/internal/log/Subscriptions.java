package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.EventSink;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions on one connection. When it breaks, Lettuce makes it again and subscribes again;
 * the answer to that ends the gap of a topic. Where Lettuce is refused it only says so in its log:
 * topics that are still deaf a beat later are subscribed again here.
 *
 * <p>While anything is subscribed nothing but subscribing is sent. Lettuce takes an event of which
 * only the beginning has come when a command is written for the answer to that command: a PING
 * would swallow it, while a SUBSCRIBE hands it on. For the same reason an answer is what the
 * listener is told, and not the end of the command.
 */
final class Subscriptions extends RedisPubSubAdapter<String, byte[]>
    implements Hearing, RedisConnectionStateListener {
  /** So long before it was dead a node may have taken what it did not pass on. */
  private static final Duration PASSING_ON = Duration.ofSeconds(1);

  private final StatefulRedisPubSubConnection<String, byte[]> connection;
  private final BrokerClock clock;
  private final Pulse pulse;
  private final Map<String, Topic> channels = new ConcurrentHashMap<>();
  private final Map<String, Topic> globs = new ConcurrentHashMap<>();
  // Guards the order of SUBSCRIBE and UNSUBSCRIBE with the maps, and the gaps. Not held while
  // listeners are called.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Topic, Instant> gaps = new HashMap<>();
  // What was asked and is not answered yet, by the topic's name; answers come in this order.
  private final Map<String, Deque<Question>> askedChannels = new HashMap<>();
  private final Map<String, Deque<Question>> askedGlobs = new HashMap<>();
  private boolean closed;
  // How many subscriptions the server said it holds for this connection.
  private volatile long held;

  /** A subscribing that is under way; its end is the listener's answer, see above. */
  private record Question(Instant asked, CompletableFuture<Void> answered) {}

  Subscriptions(StatefulRedisPubSubConnection<String, byte[]> connection, BrokerClock clock) {
    this.connection = connection;
    this.clock = clock;
    this.pulse = new Pulse(clock, this::beat);
    connection.addListener((io.lettuce.core.pubsub.RedisPubSubListener<String, byte[]>) this);
    connection.addListener((RedisConnectionStateListener) this);
    pulse.start();
  }

  @Override
  public CompletionStage<Topic.Listener> add(ChannelPattern pattern, EventSink sink) {
    lock.lock();
    try {
      String name = nameOf(pattern);
      Topic topic =
          topicsOf(pattern).computeIfAbsent(name, made -> new Topic(name, pattern.exact()));
      Topic.Listener listener = topic.add(pattern, sink);
      // Asked for each listener: none may believe to be heard while the connection is gone.
      return send(topic)
          .whenComplete(
              (done, error) -> {
                if (error != null) {
                  remove(pattern, listener);
                }
              })
          .thenApply(done -> listener);
    } finally {
      lock.unlock();
    }
  }

  /** Completes when the listener is told of the answer: of the command it may be never. */
  private CompletionStage<Void> send(Topic topic) {
    var question = new Question(clock.now(), new CompletableFuture<>());
    Deque<Question> asked =
        askedOf(topic.exact()).computeIfAbsent(topic.name(), made -> new ArrayDeque<>());
    asked.addLast(question);
    var unused =
        (topic.exact()
                ? connection.async().subscribe(topic.name())
                : connection.async().psubscribe(topic.name()))
            .whenComplete(
                (done, error) -> {
                  if (error != null) {
                    failed(error, asked, question);
                  }
                });
    return question.answered();
  }

  private void failed(Throwable error, Deque<Question> asked, Question question) {
    lock.lock();
    try {
      if (!(error instanceof RedisCommandTimeoutException)) { // whose answer may still come
        asked.remove(question);
      }
    } finally {
      lock.unlock();
    }
    question.answered().completeExceptionally(error);
    pulse.ended();
  }

  /** See {@link Pulse}: asks for a topic that is there, and pings only where nothing is heard. */
  private void beat() {
    lock.lock();
    try {
      if (!channels.isEmpty() || !globs.isEmpty()) {
        pulse.sent();
        subscribeTheDeaf();
        Stream.concat(channels.values().stream(), globs.values().stream())
            .filter(topic -> !gaps.containsKey(topic))
            .findFirst()
            .ifPresent(this::send);
      } else if (held == 0) {
        pulse.sent();
        ping();
      }
    } finally {
      lock.unlock();
    }
  }

  private void ping() {
    Instant now = clock.now();
    var unused =
        connection
            .async()
            .ping()
            .whenComplete(
                (pong, error) -> {
                  if (error == null) {
                    pulse.answered(now);
                  } else {
                    pulse.ended();
                  }
                });
  }

  @Override
  public void remove(ChannelPattern pattern, Topic.Listener listener) {
    lock.lock();
    try {
      Topic topic = topicsOf(pattern).get(nameOf(pattern));
      if (topic != null && topic.remove(listener)) {
        topicsOf(pattern).remove(topic.name());
        gaps.remove(topic);
        // Refused while disconnected: see subscribed().
        leave(topic.name(), topic.exact());
      }
    } finally {
      lock.unlock();
    }
  }

  private void leave(String name, boolean exact) {
    var unused =
        exact ? connection.async().unsubscribe(name) : connection.async().punsubscribe(name);
  }

  /**
   * A node of the cluster is gone, and perhaps with it what it had taken and not passed on to ours:
   * what is not surely heard is a gap, which ends with the next answer. That ours has answered
   * since says nothing of it.
   *
   * @param longestUnnoticed so long ago it may have died
   */
  void doubt(Duration longestUnnoticed) {
    lock.lock();
    try {
      if (!closed) {
        deafSince(clock.now().minus(longestUnnoticed).minus(PASSING_ON));
        subscribeTheDeaf();
      }
    } finally {
      lock.unlock();
    }
  }

  private void deafSince(Instant since) {
    Stream.concat(channels.values().stream(), globs.values().stream())
        .forEach(topic -> gaps.merge(topic, since, (a, b) -> a.isBefore(b) ? a : b));
  }

  @Override
  public CompletionStage<Void> close() {
    pulse.stop();
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    return connection.closeAsync();
  }

  @Override
  public void message(String channel, byte[] message) {
    pulse.soon();
    deliver(channels.get(channel), channel, message);
  }

  @Override
  public void message(String pattern, String channel, byte[] message) {
    pulse.soon();
    deliver(globs.get(pattern), channel, message);
  }

  private static void deliver(@Nullable Topic topic, String channel, byte[] message) {
    if (topic != null) {
      topic.event(channel, message);
    }
  }

  @Override
  public void subscribed(String channel, long count) {
    held = count;
    subscribed(channels, channel, true);
  }

  @Override
  public void psubscribed(String pattern, long count) {
    held = count;
    subscribed(globs, pattern, false);
  }

  @Override
  public void unsubscribed(String channel, long count) {
    held = count;
  }

  @Override
  public void punsubscribed(String pattern, long count) {
    held = count;
  }

  private void subscribed(Map<String, Topic> topics, String name, boolean exact) {
    Topic topic;
    Instant from;
    Question question;
    lock.lock();
    try {
      topic = topics.get(name);
      from = topic == null ? null : gaps.remove(topic);
      if (topic == null) {
        // Left while the connection was gone, and Lettuce has subscribed again all the same.
        leave(name, exact);
      }
      question = answered(name, exact);
    } finally {
      lock.unlock();
    }
    if (topic != null && from != null) {
      topic.gap(from, clock.now());
    }
    if (question != null) {
      question.answered().complete(null);
    }
  }

  /** Nothing was asked where Lettuce has subscribed again by itself. */
  private @Nullable Question answered(String name, boolean exact) {
    Deque<Question> asked = askedOf(exact).get(name);
    if (asked == null) {
      return null;
    }
    Question first = asked.pollFirst();
    if (asked.isEmpty()) {
      askedOf(exact).remove(name);
    }
    if (first != null) {
      pulse.answered(first.asked());
    }
    return first;
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
    var unanswered = new ArrayList<Question>();
    lock.lock();
    try {
      Stream.of(askedChannels, askedGlobs)
          .flatMap(asked -> asked.values().stream())
          .forEach(unanswered::addAll);
      deafSince(pulse.lastGood());
      askedChannels.clear();
      askedGlobs.clear();
      held = 0;
    } finally {
      lock.unlock();
    }
    var error = new RedisException("the connection broke before the subscription was there");
    unanswered.forEach(question -> question.answered().completeExceptionally(error));
    pulse.ended();
    pulse.soon();
  }

  private void subscribeTheDeaf() {
    for (Topic topic : gaps.keySet()) {
      var unused = send(topic);
      pulse.soon();
    }
  }

  private Map<String, Deque<Question>> askedOf(boolean exact) {
    return exact ? askedChannels : askedGlobs;
  }

  private Map<String, Topic> topicsOf(ChannelPattern pattern) {
    return pattern.exact() ? channels : globs;
  }

  private static String nameOf(ChannelPattern pattern) {
    return pattern.exact() ? pattern.text() : Glob.of(pattern);
  }
}
