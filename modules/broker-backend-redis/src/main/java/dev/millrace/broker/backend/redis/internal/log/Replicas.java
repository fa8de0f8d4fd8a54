package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Waiter;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Appends that wait for replicas: on a connection of their own, for WAIT holds up whatever is
 * behind it, with one WAIT for each list.
 */
final class Replicas {
  private static final System.Logger LOG = System.getLogger(Replicas.class.getName());
  private static final Pattern CONNECTED = Pattern.compile("connected_slaves:(\\d+)");

  /** A replica whose link broke just now is back by then: it tries each second. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

  private final RedisConnections connections;
  private final ConcurrentHashMap<Place, CompletableFuture<Waiter>> waiters =
      new ConcurrentHashMap<>();

  /** One connection for each: a time-out belongs to a connection, a node of a cluster to a slot. */
  private record Place(int slot, Duration timeout) {}

  Replicas(RedisConnections connections) {
    this.connections = connections;
  }

  /**
   * Fails where the server has had no replica for some seconds: nothing could ever be confirmed.
   * With some, though fewer than wanted, the others may be away for a moment, and the sends tell.
   */
  CompletionStage<Void> check(String stream, Durability.Replicated wanted) {
    var place = new Place(connections.slot(stream), wanted.timeout());
    CompletableFuture<Waiter> opening = waiters.computeIfAbsent(place, key -> open(stream, key));
    long until = connections.context().clock().nanoTime() + GRACE.toNanos();
    CompletionStage<Void> checked =
        opening
            .whenComplete(
                (waiter, failed) -> {
                  if (failed != null) {
                    waiters.remove(place, opening);
                  }
                })
            .thenCompose(waiter -> look(waiter, stream, wanted, until));
    return RedisErrors.typed("declare stream", stream, checked);
  }

  private CompletionStage<Void> look(
      Waiter waiter, String stream, Durability.Replicated wanted, long until) {
    var clock = connections.context().clock();
    return connected(waiter)
        .thenCompose(
            found -> {
              if (found.isEmpty() || found.getAsInt() >= wanted.replicas()) {
                return CompletableFuture.completedStage(null);
              }
              if (found.getAsInt() > 0) {
                LOG.log(
                    System.Logger.Level.WARNING,
                    "Sends to {0} want {1} replicas, and {2} has {3} now",
                    stream,
                    wanted.replicas(),
                    connections.name(),
                    found.getAsInt());
                return CompletableFuture.completedStage(null);
              }
              if (clock.nanoTime() - until >= 0) {
                return CompletableFuture.failedStage(none(stream, wanted));
              }
              var later = new CompletableFuture<Void>();
              clock.schedule(BETWEEN_LOOKS, () -> later.complete(null));
              return later.thenCompose(now -> look(waiter, stream, wanted, until));
            });
  }

  /** Empty where the server does not tell. */
  private CompletionStage<OptionalInt> connected(Waiter waiter) {
    return waiter
        .commands()
        .info("replication")
        .thenApply(
            info -> {
              var count = CONNECTED.matcher(info);
              return count.find()
                  ? OptionalInt.of(Integer.parseInt(count.group(1)))
                  : OptionalInt.empty();
            })
        .exceptionallyCompose(
            error ->
                RedisErrors.codeOf(error).equals("NOPERM")
                    ? CompletableFuture.completedStage(OptionalInt.empty())
                    : CompletableFuture.failedStage(RedisErrors.unwrap(error)));
  }

  private BackendException none(String stream, Durability.Replicated wanted) {
    return new BackendException(
        "declare stream",
        stream,
        "NOREPLICAS",
        "its sends want "
            + wanted.replicas()
            + " replicas, and "
            + connections.name()
            + " has had 0 for "
            + GRACE.toSeconds()
            + " s",
        "Connect replicas to the server, or choose another durability",
        null);
  }

  /**
   * Appends and waits.
   *
   * @param repeatable whether the same list may be appended again
   */
  CompletionStage<List<Appended>> append(
      String stream,
      int entries,
      Durability.Replicated wanted,
      boolean repeatable,
      Function<AppendLine, CompletionStage<List<Appended>>> append) {
    var place = new Place(connections.slot(stream), wanted.timeout());
    CompletableFuture<Waiter> opening = waiters.computeIfAbsent(place, key -> open(stream, key));
    return opening
        .<CompletionStage<List<Appended>>>handle(
            (waiter, failed) -> {
              if (waiter == null) {
                waiters.remove(place, opening);
                return CompletableFuture.completedStage(
                    Collections.nCopies(entries, notSent(stream, failed)));
              }
              long epoch = waiter.epoch();
              return append
                  .apply(new AppendLine.Own(waiter))
                  .thenCompose(
                      all -> confirm(place, opening, waiter, epoch, all, wanted, repeatable));
            })
        .thenCompose(Function.identity());
  }

  /**
   * Not sent right behind the append: a script that the server has to learn first is sent twice. A
   * wait after a reconnect counts from no write at all, and is none.
   */
  private CompletionStage<List<Appended>> confirm(
      Place place,
      CompletableFuture<Waiter> opening,
      Waiter waiter,
      long epoch,
      List<Appended> outcomes,
      Durability.Replicated wanted,
      boolean repeatable) {
    if (stale(outcomes)) {
      waiters.remove(place, opening);
      waiter.close();
    }
    if (outcomes.stream().noneMatch(Replicas::stored)) {
      return CompletableFuture.completedStage(outcomes);
    }
    return waiter
        .commands()
        .waitForReplication(wanted.replicas(), wanted.timeout().toMillis())
        .handle(
            (count, error) -> {
              Long counted = waiter.epoch() == epoch ? count : null;
              var waited = new Waited(counted, error, wanted, repeatable);
              return outcomes.stream().map(waited::judge).toList();
            });
  }

  private CompletableFuture<Waiter> open(String stream, Place place) {
    return connections.openWaiter(stream, place.timeout()).toCompletableFuture();
  }

  private Appended notSent(String stream, @Nullable Throwable failed) {
    Throwable cause =
        failed == null ? new IllegalStateException("no connection") : RedisErrors.unwrap(failed);
    return new Appended.Failed(
        RedisErrors.outcomeUnknown(cause)
            ? new dev.millrace.broker.api.BackendUnavailableException(
                "send", stream, "the connection could not be opened: " + cause, cause)
            : RedisErrors.translate("send", stream, cause));
  }

  /** A connection to a node that is not the slot's master any more does not find the new one. */
  private static boolean stale(List<Appended> outcomes) {
    return outcomes.stream()
        .anyMatch(
            each ->
                each instanceof Appended.Failed failed
                    && failed.error().getCause() != null
                    && List.of("MOVED", "ASK", "READONLY", "CLUSTERDOWN")
                        .contains(RedisErrors.codeOf(failed.error().getCause())));
  }

  private static boolean stored(Appended outcome) {
    return outcome instanceof Appended.At || outcome instanceof Appended.Spilled;
  }

  /** What WAIT said. */
  private record Waited(
      @Nullable Long count,
      @Nullable Throwable error,
      Durability.Replicated wanted,
      boolean repeatable) {
    Appended judge(Appended outcome) {
      if (!stored(outcome) || (count != null && count >= wanted.replicas())) {
        return outcome;
      }
      boolean broken = count == null && (error == null || RedisErrors.transientError(error));
      if (broken && repeatable) {
        return new Appended.Ambiguous(
            error == null
                ? new IllegalStateException("the connection broke before the replicas answered")
                : RedisErrors.unwrap(error));
      }
      String why =
          count == null
              ? "the replicas could not be asked: "
                  + (error == null
                      ? "the connection broke"
                      : RedisErrors.unwrap(error).getMessage())
              : count
                  + " of "
                  + wanted.replicas()
                  + " replicas had it within "
                  + wanted.timeout().toMillis()
                  + " ms";
      return switch (outcome) {
        case Appended.At at -> new Appended.Unconfirmed(at.position(), at.duplicate(), why);
        case Appended.Spilled at -> new Appended.Unconfirmed(at.position(), at.duplicate(), why);
        default -> outcome;
      };
    }
  }
}
