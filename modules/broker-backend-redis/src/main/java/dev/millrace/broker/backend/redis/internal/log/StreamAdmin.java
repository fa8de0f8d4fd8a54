package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.HashSet;
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
  /** Results of removing a group, with nothing removed. */
  private static final int STILL_READ = -1;

  private static final int SOMEBODY_ELSES = -2;

  private final RedisConnections connections;
  private final Script ensure = Scripts.load("reader-ensure");
  private final Script removeGroup = Scripts.load("remove-group");
  private final Script describe = Scripts.load("describe");

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

  private CompletionStage<Object> makeGroup(String stream, String group) {
    String[] keys = {
      stream,
      Keys.floor(stream),
      Keys.leases(stream, group),
      Keys.fence(stream),
      Keys.notes(stream, group),
      Keys.audit(stream, group)
    };
    return Scripts.run(
        connections.shared(),
        ensure,
        ScriptOutputType.MULTI,
        keys,
        EntryWire.utf8(group),
        EntryWire.utf8("0"),
        EntryWire.utf8(""),
        EntryWire.utf8(""));
  }

  CompletionStage<StreamState> describe(String stream) {
    CompletionStage<List<Object>> info =
        Scripts.run(
            connections.shared(),
            describe,
            ScriptOutputType.MULTI,
            new String[] {stream, Keys.settings(stream)});
    CompletionStage<List<Object>> groups = ifPresent(connections.shared().xinfoGroups(stream));
    CompletionStage<StreamState> state =
        info.thenCombine(groups, (about, all) -> withConsumers(stream, about, all))
            .thenCompose(next -> next);
    return typed("describe stream", stream, state);
  }

  private CompletionStage<StreamState> withConsumers(
      String stream, List<Object> about, List<Object> groups) {
    Map<String, String> settings = Replies.texts(about.get(4));
    if (Replies.number(about.get(0)) == 0) {
      return CompletableFuture.completedStage(
          new StreamState(
              stream, false, 0, Optional.empty(), Optional.empty(), List.of(), settings));
    }
    List<CompletableFuture<StreamState.Group>> described =
        groups.stream()
            .map(group -> described(stream, Replies.map(group)).toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(described.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              List<StreamState.Group> all =
                  described.stream().map(CompletableFuture::join).toList();
              return new StreamState(
                  stream,
                  true,
                  Replies.number(about.get(1)),
                  position(about.get(2)),
                  position(about.get(3)),
                  all,
                  settings);
            });
  }

  private CompletionStage<StreamState.Group> described(
      String stream, Map<String, @Nullable Object> values) {
    String name = Replies.text(values.get("name"));
    return ifPresent(connections.shared().xinfoConsumers(stream, name))
        .thenCombine(
            parked(stream, name), (consumers, parked) -> parked.addTo(group(values, consumers)));
  }

  private CompletionStage<Parked> parked(String stream, String group) {
    var shared = connections.shared();
    CompletionStage<Long> parked = shared.zcard(Keys.parked(stream, group));
    CompletionStage<Long> back = shared.xlen(Keys.retry(stream, group));
    CompletionStage<List<Object>> groups = ifPresent(shared.xinfoGroups(Keys.retry(stream, group)));
    return parked.thenCombine(
        back.thenCombine(groups, (length, all) -> new Parked(0, length, pending(all))),
        (waiting, returned) -> new Parked(waiting, returned.back(), returned.pending()));
  }

  /** Only one group reads a stream of returned entries. */
  private static long pending(List<Object> groups) {
    return groups.isEmpty() ? 0 : Replies.number(Replies.map(groups.getFirst()).get("pending"));
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
            .filter(consumer -> !consumer.equals(Keys.NOBODY))
            .toList());
  }

  private static Optional<Position> position(Object id) {
    String text = Replies.text(id);
    return text.isEmpty() ? Optional.empty() : Optional.of(new Position(text));
  }

  CompletionStage<Boolean> remove(GroupRef group, boolean lastTakesStream) {
    String stream = group.stream();
    List<String> own = Keys.ofGroup(stream, group.group());
    var keys =
        new ArrayList<>(
            List.of(
                stream,
                Keys.alive(stream, group.group()),
                Keys.leases(stream, group.group()),
                Keys.floor(stream),
                Keys.fence(stream),
                Keys.audits(stream)));
    keys.addAll(own);
    List<String> all = Keys.all(stream, List.of());
    keys.addAll(all.subList(1, all.size()));
    CompletionStage<List<Object>> reply =
        Scripts.run(
            connections.shared(),
            removeGroup,
            ScriptOutputType.MULTI,
            keys.toArray(String[]::new),
            EntryWire.utf8(group.group()),
            EntryWire.utf8(lastTakesStream ? "1" : "0"),
            EntryWire.utf8(String.valueOf(own.size())),
            EntryWire.utf8(Keys.NOBODY));
    return typed("remove group", stream, reply.thenApply(found -> removed(group, found)));
  }

  private static boolean removed(GroupRef group, List<Object> reply) {
    return switch ((int) Replies.number(reply.getFirst())) {
      case STILL_READ ->
          throw group.stillRead(((List<?>) reply.get(1)).stream().map(Replies::text).toList());
      case SOMEBODY_ELSES -> throw group.notOurs();
      case 0 -> false;
      default -> true;
    };
  }

  CompletionStage<Void> delete(String stream) {
    CompletionStage<List<Object>> groups = ifPresent(connections.shared().xinfoGroups(stream));
    CompletionStage<List<String>> floors = connections.shared().hkeys(Keys.floor(stream));
    CompletionStage<List<String>> fences = connections.shared().hkeys(Keys.fence(stream));
    CompletionStage<Void> deleted =
        groups
            .thenCombine(floors, StreamAdmin::names)
            .thenCombine(fences, StreamAdmin::with)
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

  private static Set<String> with(Set<String> names, List<String> more) {
    names.addAll(more);
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
