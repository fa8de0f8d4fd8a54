package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Names;
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
        .thenAccept(known -> check(connections.name(), known))
        .thenCompose(done -> connections.shared().role())
        .thenCompose(role -> connections.shared().clusterInfo())
        .<Void>thenApply(info -> null)
        .exceptionallyCompose(
            error -> CompletableFuture.failedFuture(refusal(connections.name(), error)));
  }

  /** Who may not ask a node what it is would not notice that its channels have gone. */
  private static BrokerException refusal(String name, Throwable error) {
    return RedisErrors.codeOf(error).equals("NOPERM")
        ? new BackendException(
            "connect",
            name,
            "NOPERM",
            "the URL says events=sharded, which asks nodes what they are, and the Redis user may"
                + " not: "
                + Names.printable(String.valueOf(RedisErrors.unwrap(error).getMessage())),
            "Grant it the commands (ACL: +role +cluster|info), or use events=plain",
            error)
        : RedisErrors.translate("connect", name, error);
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
