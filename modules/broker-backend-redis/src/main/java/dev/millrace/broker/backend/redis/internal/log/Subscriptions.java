package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.EventSink;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions on one connection. When it breaks, Lettuce makes it again and subscribes again;
 * the answer to that ends the gap of a topic. A ping at intervals shows how long ago the connection
 * was surely good, which is where a gap begins.
 */
final class Subscriptions extends RedisPubSubAdapter<String, byte[]>
    implements RedisConnectionStateListener {
  private static final Duration PING = Duration.ofSeconds(10);

  private final StatefulRedisPubSubConnection<String, byte[]> connection;
  private final BrokerClock clock;
  private final Map<String, Topic> channels = new ConcurrentHashMap<>();
  private final Map<String, Topic> globs = new ConcurrentHashMap<>();
  // Guards the order of SUBSCRIBE and UNSUBSCRIBE with the maps, the gaps, and closed. Not held
  // while listeners are called.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Topic, Instant> gaps = new HashMap<>();
  private volatile Instant lastGood;
  private boolean closed;

  Subscriptions(StatefulRedisPubSubConnection<String, byte[]> connection, BrokerClock clock) {
    this.connection = connection;
    this.clock = clock;
    this.lastGood = clock.now();
    connection.addListener((io.lettuce.core.pubsub.RedisPubSubListener<String, byte[]>) this);
    connection.addListener((RedisConnectionStateListener) this);
    pingLater();
  }

  CompletionStage<Topic.Listener> add(ChannelPattern pattern, EventSink sink) {
    lock.lock();
    try {
      String name = nameOf(pattern);
      Map<String, Topic> topics = topicsOf(pattern);
      Topic topic = topics.get(name);
      if (topic == null) {
        topic = new Topic(send(pattern, name));
        topics.put(name, topic);
        Topic made = topic;
        var unused =
            topic
                .ready()
                .whenComplete(
                    (done, error) -> {
                      if (error != null) {
                        topics.remove(name, made);
                      }
                    });
      }
      Topic.Listener listener = topic.add(pattern, sink);
      return topic.ready().thenApply(done -> listener);
    } finally {
      lock.unlock();
    }
  }

  private CompletionStage<Void> send(ChannelPattern pattern, String name) {
    return pattern.exact()
        ? connection.async().subscribe(name)
        : connection.async().psubscribe(name);
  }

  void remove(ChannelPattern pattern, Topic.Listener listener) {
    lock.lock();
    try {
      String name = nameOf(pattern);
      Topic topic = topicsOf(pattern).get(name);
      if (topic != null && topic.remove(listener)) {
        topicsOf(pattern).remove(name);
        gaps.remove(topic);
        // Refused while disconnected; Lettuce then forgets it no sooner than with the next event,
        // which nobody here gets.
        var unused =
            pattern.exact()
                ? connection.async().unsubscribe(name)
                : connection.async().punsubscribe(name);
      }
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    var unused = connection.closeAsync();
  }

  @Override
  public void message(String channel, byte[] message) {
    lastGood = clock.now();
    deliver(channels.get(channel), channel, message);
  }

  @Override
  public void message(String pattern, String channel, byte[] message) {
    lastGood = clock.now();
    deliver(globs.get(pattern), channel, message);
  }

  private static void deliver(@Nullable Topic topic, String channel, byte[] message) {
    if (topic != null) {
      topic.event(channel, message);
    }
  }

  @Override
  public void subscribed(String channel, long count) {
    endGap(channels.get(channel));
  }

  @Override
  public void psubscribed(String pattern, long count) {
    endGap(globs.get(pattern));
  }

  private void endGap(@Nullable Topic topic) {
    Instant from;
    lock.lock();
    try {
      from = topic == null ? null : gaps.remove(topic);
    } finally {
      lock.unlock();
    }
    if (topic != null && from != null) {
      topic.gap(from, clock.now());
    }
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
    lock.lock();
    try {
      channels.values().forEach(topic -> gaps.putIfAbsent(topic, lastGood));
      globs.values().forEach(topic -> gaps.putIfAbsent(topic, lastGood));
    } finally {
      lock.unlock();
    }
  }

  private void pingLater() {
    clock.schedule(PING, this::ping);
  }

  private void ping() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
    } finally {
      lock.unlock();
    }
    var unused =
        connection
            .async()
            .ping()
            .whenComplete(
                (pong, error) -> {
                  if (error == null) {
                    lastGood = clock.now();
                  }
                });
    pingLater();
  }

  private Map<String, Topic> topicsOf(ChannelPattern pattern) {
    return pattern.exact() ? channels : globs;
  }

  private static String nameOf(ChannelPattern pattern) {
    return pattern.exact() ? pattern.text() : Glob.of(pattern);
  }
}
