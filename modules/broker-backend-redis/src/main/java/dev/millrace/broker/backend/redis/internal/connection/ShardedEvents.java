package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.BackendException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** Whether a cluster has what sharded events need. */
final class ShardedEvents {
  private static final String[] COMMANDS = {"SPUBLISH", "SSUBSCRIBE"};

  private ShardedEvents() {}

  /** Fails where sharded events are asked for and the server does not know them. */
  static CompletableFuture<Void> check(RedisConnections connections) {
    if (connections.shards().isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return connections
        .shared()
        .commandInfo(COMMANDS)
        .toCompletableFuture()
        .thenAccept(known -> check(connections.name(), known));
  }

  /** What COMMAND INFO said: nil for a command that is unknown or renamed. */
  static void check(String name, List<?> known) {
    if (known.size() < COMMANDS.length || known.stream().anyMatch(ShardedEvents::absent)) {
      throw new BackendException(
          "connect",
          name,
          "VERSION",
          "the URL says events=sharded, and the server does not know SPUBLISH and SSUBSCRIBE",
          "Use events=plain, or Redis 7.0 or Valkey 7.2 or newer with these commands",
          null);
    }
  }

  private static boolean absent(Object command) {
    return Objects.isNull(command) || (command instanceof List<?> words && words.isEmpty());
  }
}
