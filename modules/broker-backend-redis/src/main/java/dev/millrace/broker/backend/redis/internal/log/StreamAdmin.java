package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Declares, describes and deletes streams. */
final class StreamAdmin {
  private final RedisConnections connections;

  StreamAdmin(RedisConnections connections) {
    this.connections = connections;
  }

  CompletionStage<StreamState> declare(StreamSpec spec) {
    var faults =
        Stream.concat(
                Names.streamFault(spec.name()).stream(),
                spec.groups().stream().flatMap(name -> Names.faultOf("group name", name).stream()))
            .toList();
    if (!faults.isEmpty()) {
      return CompletableFuture.failedStage(
          new InvalidConfigException("declare stream", spec.name(), faults));
    }
    CompletableFuture<?>[] made =
        spec.groups().stream()
            .map(group -> makeGroup(spec.name(), group).toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return typed("declare stream", spec.name(), CompletableFuture.allOf(made))
        .thenCompose(done -> describe(spec.name()));
  }

  private CompletionStage<String> makeGroup(String stream, String group) {
    return connections
        .shared()
        .xgroupCreate(StreamOffset.from(stream, "0"), group, XGroupCreateArgs.Builder.mkstream())
        .exceptionallyCompose(
            error ->
                RedisErrors.codeOf(error).equals("BUSYGROUP")
                    ? CompletableFuture.completedStage("OK")
                    : CompletableFuture.failedStage(error));
  }

  CompletionStage<StreamState> describe(String stream) {
    CompletionStage<List<Object>> info = ifPresent(connections.shared().xinfoStream(stream));
    CompletionStage<List<Object>> groups = ifPresent(connections.shared().xinfoGroups(stream));
    CompletionStage<StreamState> state =
        info.thenCombine(groups, (about, all) -> withConsumers(stream, about, all))
            .thenCompose(next -> next);
    return typed("describe stream", stream, state);
  }

  private CompletionStage<StreamState> withConsumers(
      String stream, List<Object> about, List<Object> groups) {
    if (about.isEmpty()) {
      return CompletableFuture.completedStage(
          new StreamState(stream, false, 0, Optional.empty(), Optional.empty(), List.of()));
    }
    Map<Map<String, @Nullable Object>, CompletableFuture<List<Object>>> consumers =
        new LinkedHashMap<>();
    for (Object group : groups) {
      Map<String, @Nullable Object> values = Replies.map(group);
      consumers.put(
          values,
          ifPresent(connections.shared().xinfoConsumers(stream, Replies.text(values.get("name"))))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(consumers.values().toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              var all = new ArrayList<StreamState.Group>();
              consumers.forEach((values, names) -> all.add(group(values, names.join())));
              Map<String, @Nullable Object> values = Replies.map(about);
              return new StreamState(
                  stream,
                  true,
                  Replies.number(values.get("length")),
                  position(values.get("first-entry")),
                  position(values.get("last-entry")),
                  all);
            });
  }

  private static StreamState.Group group(
      Map<String, @Nullable Object> values, List<Object> consumers) {
    Object lag = values.get("lag");
    return new StreamState.Group(
        Replies.text(values.get("name")),
        new Position(Replies.text(values.get("last-delivered-id"))),
        Replies.number(values.get("pending")),
        0,
        lag == null ? OptionalLong.empty() : OptionalLong.of(Replies.number(lag)),
        consumers.stream()
            .map(consumer -> Replies.text(Replies.map(consumer).get("name")))
            .toList());
  }

  private static Optional<Position> position(@Nullable Object entry) {
    return entry instanceof List<?> list && !list.isEmpty()
        ? Optional.of(new Position(Replies.text(list.getFirst())))
        : Optional.empty();
  }

  CompletionStage<Void> delete(String stream) {
    CompletionStage<List<Object>> groups = ifPresent(connections.shared().xinfoGroups(stream));
    CompletionStage<List<String>> known = connections.shared().hkeys(Keys.floor(stream));
    CompletionStage<Void> deleted =
        groups
            .thenCombine(known, StreamAdmin::names)
            .thenCompose(
                names ->
                    connections.shared().unlink(Keys.all(stream, names).toArray(String[]::new)))
            .thenAccept(count -> {});
    return typed("delete stream", stream, deleted);
  }

  private static Set<String> names(List<Object> groups, List<String> known) {
    var names = new HashSet<>(known);
    groups.forEach(group -> names.add(Replies.text(Replies.map(group).get("name"))));
    return names;
  }

  /** XINFO of what does not exist is an error; here it is an empty list. */
  private static CompletionStage<List<Object>> ifPresent(CompletionStage<List<Object>> info) {
    return info.exceptionallyCompose(
        error -> {
          Throwable cause = RedisErrors.unwrap(error);
          boolean absent =
              cause instanceof RedisCommandExecutionException
                  && (RedisErrors.codeOf(cause).equals("NOGROUP")
                      || String.valueOf(cause.getMessage()).contains("no such key"));
          return absent
              ? CompletableFuture.completedStage(List.of())
              : CompletableFuture.failedStage(cause);
        });
  }

  private static <T> CompletionStage<T> typed(
      String operation, String stream, CompletionStage<T> stage) {
    return RedisErrors.typed(operation, stream, stage);
  }
}
