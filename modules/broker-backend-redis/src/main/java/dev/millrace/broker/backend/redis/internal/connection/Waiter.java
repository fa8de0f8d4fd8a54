package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * A connection of its own for blocking reads. It reconnects by itself, to the same node: on a
 * cluster, after MOVED or READONLY, open another one. Thread-safe.
 */
public interface Waiter extends AutoCloseable {
  /** Its commands; a blocking one holds up those behind it. */
  RedisClusterAsyncCommands<String, byte[]> commands();

  /**
   * The server's number for this connection. Empty while disconnected (a restarted server counts
   * anew, so an old number may be somebody else's) and where CLIENT ID is not permitted.
   */
  OptionalLong clientId();

  /**
   * Ends the wait that the server holds for this connection, from the shared connection to the same
   * node.
   *
   * @return whether the connection was blocked; false too while it is disconnected or has no
   *     number. Fails as NOPERM where CLIENT UNBLOCK is not permitted.
   */
  CompletionStage<Boolean> unblock();

  /** Rises with each reconnect of this connection. */
  long epoch();

  /** Whether it is up now. */
  boolean connected();

  /** Closes it at once; a read under way fails. Idempotent. */
  @Override
  void close();
}
