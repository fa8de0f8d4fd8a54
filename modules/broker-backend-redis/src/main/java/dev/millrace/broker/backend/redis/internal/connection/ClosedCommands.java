package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import java.lang.reflect.Proxy;
import java.util.function.Supplier;

/**
 * The commands of a closed backend: each fails as if it had been sent. Lettuce's own throw, which
 * callers of something asynchronous are not prepared for.
 */
final class ClosedCommands {
  private ClosedCommands() {}

  @SuppressWarnings("unchecked")
  static RedisClusterAsyncCommands<String, byte[]> failing(Supplier<RuntimeException> error) {
    return (RedisClusterAsyncCommands<String, byte[]>)
        Proxy.newProxyInstance(
            RedisClusterAsyncCommands.class.getClassLoader(),
            new Class<?>[] {RedisClusterAsyncCommands.class},
            (proxy, method, arguments) -> {
              if (RedisFuture.class.isAssignableFrom(method.getReturnType())) {
                var command =
                    new AsyncCommand<>(
                        new Command<String, byte[], String>(
                            CommandType.PING, new StatusOutput<>(AbstractConnections.CODEC)));
                command.completeExceptionally(error.get());
                return command;
              }
              throw error.get();
            });
  }
}
