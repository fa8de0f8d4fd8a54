package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import dev.millrace.broker.backend.redis.internal.connection.Shards;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Nodes that say what the test has them say. Confined to its thread. */
final class FakeShards implements Shards {
  final List<Link> links = new ArrayList<>();

  /** What is refused at once, by the name of the command and the channel. */
  final Map<String, Throwable> refusals = new HashMap<>();

  Node owner = new Node("one", 1);
  int refreshes;

  /** Whether connections are there at once; else {@link Link#connect} makes them. */
  boolean atOnce = true;

  Link last() {
    return links.getLast();
  }

  @Override
  public Optional<Node> owner(String channel) {
    return Optional.of(owner);
  }

  @Override
  public CompletionStage<Void> refresh() {
    refreshes++;
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> open(Node node) {
    var link = new Link(node);
    links.add(link);
    if (atOnce) {
      link.connect();
    }
    return link.connected;
  }

  @Override
  public Duration patience() {
    return Duration.ofSeconds(30);
  }

  /** A connection to one of them. */
  final class Link {
    final Node node;
    final List<String> commands = new ArrayList<>();
    final CompletableFuture<StatefulRedisPubSubConnection<String, byte[]>> connected =
        new CompletableFuture<>();
    boolean open = true;
    private @Nullable RedisPubSubListener<String, byte[]> listener;

    Link(Node node) {
      this.node = node;
    }

    @SuppressWarnings("unchecked")
    void connect() {
      connected.complete(
          (StatefulRedisPubSubConnection<String, byte[]>)
              proxy(StatefulRedisPubSubConnection.class, this::connection));
    }

    /** What the node says; the listener is there as soon as it is connected. */
    RedisPubSubListener<String, byte[]> says() {
      if (listener == null) {
        throw new IllegalStateException("not connected");
      }
      return listener;
    }

    @SuppressWarnings("unchecked")
    private @Nullable Object connection(String method, Object @Nullable [] args) {
      switch (method) {
        case "addListener" -> {
          if (args != null && args[0] instanceof RedisPubSubListener<?, ?> heard && isFirst()) {
            listener = (RedisPubSubListener<String, byte[]>) heard;
          }
          return null;
        }
        case "async" -> {
          return proxy(RedisPubSubAsyncCommands.class, this::command);
        }
        case "isOpen" -> {
          return open;
        }
        case "closeAsync" -> {
          open = false;
          return CompletableFuture.completedFuture(null);
        }
        default -> throw new IllegalStateException(method);
      }
    }

    private boolean isFirst() {
      return listener == null;
    }

    private Object command(String method, Object @Nullable [] args) {
      String channel = args == null ? "" : " " + ((Object[]) args[0])[0];
      commands.add(method + channel);
      Throwable refusal = refusals.get(method + channel);
      return refusal == null ? new Answer<>() : Answer.failed(refusal);
    }
  }

  private interface Answers {
    @Nullable Object to(String method, Object @Nullable [] args);
  }

  private static Object proxy(Class<?> type, Answers answers) {
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (self, method, args) -> answers.to(method.getName(), args));
  }
}
