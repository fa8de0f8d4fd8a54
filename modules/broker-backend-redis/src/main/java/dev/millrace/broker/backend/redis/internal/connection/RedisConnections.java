package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.spi.BackendContext;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The connections of one backend. Thread-safe; only {@link #close()} blocks.
 *
 * <p>Nothing is resent: a command that was under way when a connection broke fails, and while a
 * connection is down commands fail at once ({@link RedisErrors#outcomeUnknown} tells the two
 * apart).
 */
public interface RedisConnections extends AutoCloseable {
  /** Pipelined commands on one shared connection; on a cluster one for each node. */
  RedisClusterAsyncCommands<String, byte[]> shared();

  /**
   * Sends commands on the shared connection in order and with one flush. They complete as those of
   * {@link #shared()} do.
   */
  void dispatch(List<? extends RedisCommand<String, byte[], ?>> commands);

  /**
   * Rises with each reconnect of the shared connection: a receipt from another epoch may not use
   * the fast acknowledge.
   */
  long epoch();

  /**
   * Opens a connection of its own for blocking reads, to the node that has this key. The caller
   * closes it.
   *
   * @param longestBlock the longest BLOCK that will be asked for; commands time out a margin after
   *     it
   */
  CompletionStage<Waiter> openWaiter(String key, Duration longestBlock);

  /** Opens a connection of its own for subscriptions. The caller closes it. */
  CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> openPubSub();

  /** Where sharded subscriptions go; empty: events are not sharded. */
  Optional<Shards> shards();

  /** Commands on the shared connection to each server that takes writes; on a cluster, many. */
  CompletionStage<List<RedisClusterAsyncCommands<String, byte[]>>> masters();

  /** Whether the keys are spread over the nodes of a cluster. */
  boolean cluster();

  /** The key's hash slot on a cluster, 0 otherwise: keys of one slot may be in one command. */
  int slot(String key);

  /**
   * Has the listener called after each reconnect of the shared connection, on a thread that must
   * not be blocked. Closing the result takes it off.
   */
  AutoCloseable onReconnect(Runnable listener);

  /**
   * Has the listener called when the shared connection is lost, or on a cluster one to any node; on
   * a thread that must not be blocked. Closing the result takes it off. From the first listener on,
   * each master of a cluster is kept connected and is looked at every ten seconds.
   */
  AutoCloseable onLoss(Runnable listener);

  /** So long may a node be dead before listeners of {@link #onLoss} are called. */
  Duration longestUnnoticed();

  /** How many entries may be on their way to the server at once. */
  int maxInFlight();

  /** Whether an answer to a write means that it is on the server's disk, as it was when opened. */
  boolean fsyncs();

  /** What the backend was opened with. */
  BackendContext context();

  /** The URL without secrets. */
  String name();

  /** Closes all connections, waiters too. Idempotent; blocks for seconds at most. */
  @Override
  void close();
}
