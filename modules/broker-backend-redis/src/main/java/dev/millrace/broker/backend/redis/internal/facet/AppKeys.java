package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.log.EventsMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The keys of applications, {@code millrace:…}. Leases and members expire, but for those of
 * programs that do not set it; shared values are the application's own. The mode of events stays.
 */
final class AppKeys {
  private static final String LEASE = "millrace:lease:";
  private static final String MEMBERS = "millrace:members:";

  /** So long after it ended, nobody will take a lease up again. */
  private static final Duration LONG = Duration.ofDays(1);

  private final RedisConnections connections;

  AppKeys(RedisConnections connections) {
    this.connections = connections;
  }

  /** Whether it is one that is looked at if it does not expire. */
  static boolean are(String key) {
    return key.startsWith(LEASE) || key.startsWith(MEMBERS) || key.equals(EventsMode.KEY);
  }

  /** Of keys that do not expire, those that nobody uses. */
  CompletionStage<List<Leftover>> leftovers(List<String> keys) {
    return new RedisServerClock(connections).now().thenCompose(now -> leftovers(keys, now));
  }

  private CompletionStage<List<Leftover>> leftovers(List<String> keys, Instant now) {
    var found = new ArrayList<CompletableFuture<Optional<Leftover>>>();
    for (String key : keys) {
      if (key.startsWith(LEASE)) {
        found.add(lease(key, now).toCompletableFuture());
      } else if (key.startsWith(MEMBERS)) {
        found.add(members(key, now).toCompletableFuture());
      } else if (key.equals(EventsMode.KEY)) {
        found.add(mode(key).toCompletableFuture());
      }
    }
    return CompletableFuture.allOf(found.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> found.stream().map(CompletableFuture::join).flatMap(Optional::stream).toList());
  }

  private CompletionStage<Optional<Leftover>> lease(String key, Instant now) {
    return ofType(
        key,
        "hash",
        size ->
            connections
                .shared()
                .hget(key, "until")
                .thenApply(
                    until ->
                        until != null && isBefore(Args.text(until), now.minus(LONG))
                            ? Optional.of(
                                new Leftover(
                                    key,
                                    "lease '" + key.substring(LEASE.length()) + "'",
                                    "it ended long ago and has no time to live",
                                    1,
                                    false))
                            : Optional.empty()));
  }

  private CompletionStage<Optional<Leftover>> members(String key, Instant now) {
    return ofType(
        key,
        "zset",
        size ->
            connections
                .shared()
                .zrangeWithScores(key, -1, -1)
                .thenApply(
                    last ->
                        !last.isEmpty() && last.getFirst().getScore() < now.toEpochMilli()
                            ? Optional.of(
                                new Leftover(
                                    key,
                                    "members of '" + key.substring(MEMBERS.length()) + "'",
                                    "none of them is alive, and it has no time to live",
                                    size.entries(),
                                    false))
                            : Optional.empty()));
  }

  /** Who cannot read it refuses to send events. */
  private CompletionStage<Optional<Leftover>> mode(String key) {
    return Absent.or(
        Optional.empty(),
        KeySize.of(connections, key)
            .thenCompose(
                size ->
                    size.type().equals("string")
                        ? connections
                            .shared()
                            .get(key)
                            .thenApply(mode -> mode == null || EventsMode.is(Args.text(mode)))
                        : CompletableFuture.completedStage(size.type().equals("none")))
            .thenApply(
                good ->
                    good
                        ? Optional.empty()
                        : Optional.of(
                            new Leftover(
                                key,
                                "mode of events",
                                "it says neither '"
                                    + EventsMode.PLAIN
                                    + "' nor '"
                                    + EventsMode.SHARDED
                                    + "', and on a cluster no event is sent",
                                1,
                                false))));
  }

  private interface Look {
    CompletionStage<Optional<Leftover>> at(KeySize size);
  }

  private CompletionStage<Optional<Leftover>> ofType(String key, String type, Look look) {
    return Absent.or(
        Optional.empty(),
        KeySize.of(connections, key)
            .thenCompose(
                size ->
                    size.type().equals(type)
                        ? look.at(size)
                        : CompletableFuture.completedStage(Optional.empty())));
  }

  /** What is not a number is not ours. */
  private static boolean isBefore(String millis, Instant time) {
    return millis.matches("\\d{1,18}") && Long.parseLong(millis) < time.toEpochMilli();
  }
}
