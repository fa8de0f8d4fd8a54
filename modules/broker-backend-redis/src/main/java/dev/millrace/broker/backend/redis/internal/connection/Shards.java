package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The masters of a cluster, as sharded subscriptions need them. Thread-safe; nothing blocks. */
public interface Shards {
  /** The master that has this channel, as far as is known; empty: none is known. */
  Optional<Node> owner(String channel);

  /** Asks the cluster anew who has what. */
  CompletionStage<Void> refresh();

  /**
   * Opens a connection of its own to a node, in RESP3. It is not made again when it breaks. The
   * caller closes it.
   */
  CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> open(Node node);

  /** How long a command waits for its answer. */
  Duration patience();
}
