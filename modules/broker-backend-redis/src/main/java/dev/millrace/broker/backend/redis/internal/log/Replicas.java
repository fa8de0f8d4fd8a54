package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Waiter;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Appends that wait for replicas: on a connection of their own, for WAIT holds up whatever is
 * behind it, with one WAIT for each list.
 */
final class Replicas {
  private final RedisConnections connections;
  private final ConcurrentHashMap<Place, CompletableFuture<Waiter>> waiters =
      new ConcurrentHashMap<>();

  /** One connection for each: a time-out belongs to a connection, a node of a cluster to a slot. */
  private record Place(int slot, Duration timeout) {}

  Replicas(RedisConnections connections) {
    this.connections = connections;
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
