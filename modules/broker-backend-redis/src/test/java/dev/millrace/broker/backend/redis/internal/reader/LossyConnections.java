package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Connections that lose answers to reads which do not wait: the server gives, and nobody hears. */
final class LossyConnections {
  /** So many of the next answers are kept back. */
  final AtomicInteger losing = new AtomicInteger();

  /** Completed when the answers that were kept back are to come after all. */
  final CompletableFuture<Void> late = new CompletableFuture<>();

  final AtomicInteger lost = new AtomicInteger();
  private final RedisConnections real;

  LossyConnections(RedisConnections real) {
    this.real = real;
  }

  RedisConnections proxy() {
    return (RedisConnections)
        Proxy.newProxyInstance(
            RedisConnections.class.getClassLoader(),
            new Class<?>[] {RedisConnections.class},
            (self, method, args) -> {
              if (method.getName().equals("dispatch")) {
                dispatch((List<?>) args[0]);
                return null;
              }
              try {
                return method.invoke(real, args);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }

  private void dispatch(List<?> commands) {
    real.dispatch(commands.stream().map(each -> through((AsyncCommand<?, ?, ?>) each)).toList());
  }

  @SuppressWarnings("unchecked")
  private RedisCommand<String, byte[], ?> through(AsyncCommand<?, ?, ?> command) {
    var typed = (AsyncCommand<String, byte[], Object>) command;
    boolean loses =
        command.getType() == CommandType.XREADGROUP
            && losing.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    if (!loses) {
      return typed;
    }
    lost.incrementAndGet();
    CommandOutput<String, byte[], Object> output = typed.getOutput();
    var stand = new AsyncCommand<>(new Command<>(typed.getType(), output, typed.getArgs()));
    stand.whenComplete((answer, error) -> late.thenRun(() -> pass(typed, answer, error)));
    return stand;
  }

  private static void pass(
      AsyncCommand<String, byte[], Object> to, @Nullable Object answer, @Nullable Throwable error) {
    if (error != null) {
      to.completeExceptionally(error);
    } else {
      to.complete(answer);
    }
  }
}
