package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import dev.millrace.broker.backend.redis.internal.connection.Shards;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one node that has channels of ours; it lives once. Its {@link Pulse} asks for
 * the state of the cluster: a master that is cut off from the others goes on taking subscriptions,
 * and only this tells that another one may have its slots by now. It says so before another one can
 * have them, so that the last good beat is before all that was published there. A replica takes
 * subscriptions too, and what its master has not passed on when it dies is missed there unnoticed.
 */
final class ShardLink extends RedisPubSubAdapter<String, byte[]>
    implements RedisConnectionStateListener {
  private static final System.Logger LOG = System.getLogger(ShardLink.class.getName());
  private static final String SOUND = "cluster_state:ok";
  private static final byte[] MASTER = "master".getBytes(StandardCharsets.US_ASCII);

  /** Who is told of what happens on it. */
  interface Owner {
    void heard(ShardLink link, String channel);

    void left(ShardLink link, String channel);

    void refused(ShardLink link, String channel, Throwable error);

    void lost(ShardLink link, Throwable error);

    void doubtful();

    void event(ShardLink link, String channel, byte[] message);
  }

  private final Node node;
  private final BrokerClock clock;
  private final Owner owner;
  // The owner's: guards the order of what is sent, and what follows.
  private final ReentrantLock lock;
  private final Pulse pulse;
  private final Set<String> early = new LinkedHashSet<>();
  // By channel: our own SUNSUBSCRIBEs that are not answered yet. What comes before their answers is
  // about a subscription that nobody has any more.
  private final Map<String, Integer> leaving = new HashMap<>();
  private @Nullable StatefulRedisPubSubConnection<String, byte[]> connection;
  private boolean ended;
  private volatile boolean doubtful;
  private volatile boolean complained;

  ShardLink(Node node, BrokerClock clock, ReentrantLock lock, Owner owner) {
    this.node = node;
    this.clock = clock;
    this.lock = lock;
    this.owner = owner;
    this.pulse = new Pulse(clock, this::beat);
  }

  /** Connects; until then what is asked waits. */
  void open(Shards shards) {
    var unused =
        shards
            .open(node)
            .whenComplete(
                (opened, error) -> {
                  if (error == null) {
                    opened(opened);
                  } else {
                    lost(error);
                  }
                });
  }

  private void opened(StatefulRedisPubSubConnection<String, byte[]> opened) {
    opened.addListener((RedisPubSubListener<String, byte[]>) this);
    opened.addListener((RedisConnectionStateListener) this);
    lock.lock();
    try {
      if (ended) {
        var unused = opened.closeAsync();
        return;
      }
      connection = opened;
      // Copied: one that is refused at once is taken back while the others are sent.
      List<String> asked = List.copyOf(early);
      early.clear();
      asked.forEach(channel -> send(opened, channel));
    } finally {
      lock.unlock();
    }
    pulse.start();
    if (!opened.isOpen()) {
      lost(gone()); // before anybody listened
    }
  }

  Node node() {
    return node;
  }

  /** Since when something may have been missed here. */
  Instant lastGood() {
    return pulse.lastGood();
  }

  /** Whether the node said of itself that it may have lost its slots. */
  boolean isDoubtful() {
    return doubtful;
  }

  /** Subscribes, once it is connected. Under the lock. */
  void ask(String channel) {
    if (connection == null) {
      early.add(channel);
    } else {
      send(connection, channel);
    }
  }

  private void send(StatefulRedisPubSubConnection<String, byte[]> on, String channel) {
    pulse.soon();
    var unused =
        on.async()
            .ssubscribe(channel)
            .whenComplete(
                (done, error) -> {
                  if (error != null) {
                    owner.refused(this, channel, error);
                  }
                });
  }

  /** Unsubscribes. Under the lock. */
  void leave(String channel) {
    early.remove(channel);
    if (connection != null && !ended) {
      leaving.merge(channel, 1, Integer::sum);
      var unused =
          connection
              .async()
              .sunsubscribe(channel)
              .whenComplete(
                  (done, error) -> {
                    // After a time-out the answer may still come.
                    if (error != null && !(error instanceof RedisCommandTimeoutException)) {
                      hasLeft(channel);
                    }
                  });
    }
  }

  /** Whether this was the end of one of our own. */
  private boolean hasLeft(String channel) {
    lock.lock();
    try {
      boolean own = leaving.containsKey(channel);
      leaving.computeIfPresent(channel, (name, count) -> count == 1 ? null : count - 1);
      return own;
    } finally {
      lock.unlock();
    }
  }

  private boolean isLeaving(String channel) {
    lock.lock();
    try {
      return leaving.containsKey(channel);
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is there, or is still being made. */
  boolean isUsable() {
    return connection == null || connection.isOpen();
  }

  /** Ends it without telling anybody. */
  CompletionStage<Void> close() {
    pulse.stop();
    lock.lock();
    try {
      boolean closing = !ended && connection != null;
      ended = true;
      return closing && connection != null
          ? connection.closeAsync()
          : CompletableFuture.completedStage(null);
    } finally {
      lock.unlock();
    }
  }

  private void beat() {
    StatefulRedisPubSubConnection<String, byte[]> on;
    lock.lock();
    try {
      on = connection;
    } finally {
      lock.unlock();
    }
    if (on == null) {
      return;
    }
    pulse.sent();
    Instant asked = clock.now();
    var unused =
        on.async()
            .role()
            .thenCombine(on.async().clusterInfo(), ShardLink::isSound)
            .whenComplete(
                (sound, error) -> {
                  if (error != null) {
                    pulse.ended();
                    complain(error);
                  } else if (sound) {
                    doubtful = false;
                    pulse.answered(asked);
                  } else {
                    doubtful = true;
                    pulse.ended();
                    pulse.soon();
                    owner.doubtful();
                  }
                });
  }

  /** Once: without it gaps are long, and what the node says of itself is not known. */
  private void complain(Throwable error) {
    if (!RedisErrors.transientError(error) && !complained) {
      complained = true;
      LOG.log(
          Level.WARNING,
          "{0}:{1} does not answer ROLE and CLUSTER INFO, which sharded events need: {2}",
          node.host(),
          Integer.toString(node.port()),
          RedisErrors.unwrap(error).getMessage());
    }
  }

  private static boolean isSound(List<?> role, String cluster) {
    return !role.isEmpty()
        && role.getFirst() instanceof byte[] word
        && Arrays.equals(word, MASTER)
        && cluster.contains(SOUND);
  }

  @Override
  public void smessage(String channel, byte[] message) {
    pulse.soon();
    owner.event(this, channel, message);
  }

  @Override
  public void ssubscribed(String channel, long count) {
    if (!isLeaving(channel)) {
      owner.heard(this, channel);
    }
  }

  @Override
  public void sunsubscribed(String channel, long count) {
    if (!hasLeft(channel)) {
      owner.left(this, channel);
    }
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
    lost(gone());
  }

  private static ConnectException gone() {
    return new ConnectException("the connection broke");
  }

  private void lost(Throwable error) {
    pulse.stop();
    lock.lock();
    try {
      if (ended) {
        return;
      }
    } finally {
      lock.unlock();
    }
    owner.lost(this, error);
  }
}
