package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.log.KeyKind;
import dev.millrace.broker.backend.redis.internal.log.KeyKind.Owner;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.backend.redis.internal.log.Replies;
import dev.millrace.broker.backend.redis.internal.log.SideKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which of the lasting keys with one name in braces have an owner. What the streams that are there
 * may have beside them is listed, rather than taken from the names of the keys: these are not
 * unique.
 */
final class Owners {
  /** What was due so long ago is moved by nobody. */
  private static final Duration FORGOTTEN = Duration.ofDays(1);

  private final RedisConnections connections;
  private final String base;
  private final List<SideKey> keys;
  private final Collection<String> sideStreams;
  private final KeyShape shape;

  /**
   * @param keys those that last
   * @param sideStreams keys that may be streams with keys of their own, whether they last or not
   */
  Owners(
      RedisConnections connections,
      String base,
      List<SideKey> keys,
      Collection<String> sideStreams) {
    this.connections = connections;
    this.base = base;
    this.keys = keys;
    this.sideStreams = sideStreams;
    this.shape = new KeyShape(connections);
  }

  CompletionStage<List<Leftover>> leftovers() {
    // Of a stream that was made while the keys were looked through, the names may tell.
    List<String> streams =
        Stream.of(
                Stream.of(base),
                sideStreams.stream(),
                keys.stream()
                    .filter(key -> key.kind().owner() == Owner.STREAM)
                    .map(SideKey::stream))
            .flatMap(Function.identity())
            .distinct()
            .toList();
    return all(streams.stream().map(this::groups).toList())
        .thenCompose(
            found -> {
              var groups = new HashMap<String, Optional<Set<String>>>();
              for (int i = 0; i < streams.size(); i++) {
                groups.put(streams.get(i), found.get(i));
              }
              return all(keys.stream().map(key -> leftover(key, groups)).toList());
            })
        .thenApply(found -> found.stream().flatMap(Optional::stream).toList());
  }

  /** A stream's groups; empty: there is no such stream. */
  private CompletionStage<Optional<Set<String>>> groups(String stream) {
    CompletionStage<Optional<Set<String>>> groups =
        connections
            .shared()
            .xinfoGroups(stream)
            .thenApply(
                all ->
                    Optional.of(
                        all.stream()
                            .map(group -> Replies.map(group).get("name"))
                            .map(Replies::text)
                            .collect(Collectors.toSet())));
    return Absent.or(Optional.empty(), groups);
  }

  private CompletionStage<Optional<Leftover>> leftover(
      SideKey key, Map<String, Optional<Set<String>>> streams) {
    return why(key, streams)
        .thenCompose(
            why ->
                why.isEmpty()
                    ? CompletableFuture.completedStage(Optional.empty())
                    : ours(key, streams.keySet(), why.get()));
  }

  /** Of another type or with other contents it is somebody else's; and it may just have gone. */
  private CompletionStage<Optional<Leftover>> ours(
      SideKey key, Collection<String> known, String why) {
    return shape
        .fits(key)
        .thenCombine(
            KeySize.of(connections, key.key()),
            (fits, size) ->
                fits && size.type().equals(key.kind().type())
                    ? Optional.of(leftover(key, known, why, size.entries()))
                    : Optional.empty());
  }

  private static Leftover leftover(
      SideKey key, Collection<String> known, String why, long entries) {
    String what = key.words(key.home(known));
    return new Leftover(key.key(), what, why, entries, key.kind().messages() && entries > 0);
  }

  /** Why nothing owns it; empty: something does. */
  private CompletionStage<Optional<String>> why(
      SideKey key, Map<String, Optional<Set<String>>> streams) {
    return switch (key.kind().owner()) {
      case TIME -> CompletableFuture.completedStage(Optional.of("it should expire and does not"));
      case WHO_MOVES_IT -> scheduleIsForgotten(key);
      case WHO_WANTS_THEM ->
          CompletableFuture.completedStage(
              streams
                  .getOrDefault(key.key(), Optional.empty())
                  .filter(Set::isEmpty)
                  .map(none -> "no durable name of channel '" + base + "' is left"));
      case NONE -> CompletableFuture.completedStage(Optional.empty());
      case STREAM, GROUP ->
          CompletableFuture.completedStage(
              owned(streams).contains(key.key())
                  ? Optional.empty()
                  : Optional.of(orphan(key, streams)));
    };
  }

  private static String orphan(SideKey key, Map<String, Optional<Set<String>>> streams) {
    SideKey.Home home = key.home(streams.keySet());
    boolean there = streams.getOrDefault(home.stream(), Optional.empty()).isPresent();
    return "the stream '"
        + home.stream()
        + "' "
        + (there ? "has no group '" + home.name() + "'" : "does not exist");
  }

  /** The keys that the streams that are there may have, but for those that expire. */
  private Set<String> owned(Map<String, Optional<Set<String>>> streams) {
    var owned = new HashSet<String>();
    streams.forEach(
        (stream, groups) -> groups.ifPresent(names -> owned.addAll(ownedBy(stream, names))));
    return owned;
  }

  private Set<String> ownedBy(String stream, Set<String> groups) {
    var owned = new HashSet<>(Keys.all(stream, groups));
    // It does not own itself: a side stream goes with the stream that it is beside.
    owned.remove(stream);
    owned.add(Names.backup(stream));
    // Dead letters stay as long as the stream does: the group may have been removed for a while.
    String letters = Names.deadLetter(stream, "");
    keys.stream()
        .filter(key -> key.kind() == KeyKind.DEAD && key.key().startsWith(letters))
        .forEach(key -> owned.add(key.key()));
    return owned;
  }

  private CompletionStage<Optional<String>> scheduleIsForgotten(SideKey key) {
    String due = KeyShape.beside(key, KeyKind.SCHEDULE);
    return Absent.or(List.of(), connections.shared().zrangeWithScores(due, 0, 0))
        .thenCombine(
            new RedisServerClock(connections).now(),
            (first, now) -> {
              if (first.isEmpty()) {
                return Optional.of("it has no due times");
              }
              var at = Instant.ofEpochMilli((long) first.getFirst().getScore());
              return at.isBefore(now.minus(FORGOTTEN))
                  ? Optional.of("nobody moved what was due at " + at)
                  : Optional.empty();
            });
  }

  private static <T> CompletionStage<List<T>> all(List<CompletionStage<T>> stages) {
    List<CompletableFuture<T>> futures =
        stages.stream().map(CompletionStage::toCompletableFuture).toList();
    return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
  }
}
