package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Leaves notes with deliveries, and renews leases: one script call for each hundred deliveries of a
 * lane. Thread-safe.
 */
final class Renewals {
  private final RedisConnections connections;
  private final Held held;

  Renewals(RedisConnections connections, Held held) {
    this.connections = connections;
    this.held = held;
  }

  CompletionStage<Set<Position>> renew(
      GroupRef group, Collection<Received> deliveries, Duration lease) {
    Map<Lane, List<Receipt>> byLane = new HashMap<>();
    for (Received received : deliveries) {
      if (received.receipt() instanceof Receipt receipt && inHand(receipt)) {
        byLane.computeIfAbsent(receipt.lane(), lane -> new ArrayList<>()).add(receipt);
      }
    }
    Set<Position> renewed = ConcurrentHashMap.newKeySet();
    var calls = new ArrayList<CompletableFuture<Void>>();
    byLane.forEach(
        (lane, receipts) -> {
          for (int from = 0; from < receipts.size(); from += Checked.BATCH) {
            var part = receipts.subList(from, Math.min(receipts.size(), from + Checked.BATCH));
            calls.add(renewPart(lane, part, lease, renewed));
          }
        });
    return CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
        .handle(
            (nothing, error) -> {
              // Missing means lost; no answer does not, so it must not look the same.
              if (error != null) {
                throw new CompletionException(
                    RedisErrors.translate("renew leases", group.stream(), error));
              }
              return Set.copyOf(renewed);
            });
  }

  /** Whether the note was left with a delivery that is still held. */
  CompletionStage<Boolean> note(GroupRef group, Received delivery, String note) {
    if (!(delivery.receipt() instanceof Receipt receipt)) {
      return CompletableFuture.completedStage(false);
    }
    // First: an acknowledgement that begins now must not go the plain way and leave the note
    // behind.
    receipt.check();
    if (receipt.state() != Receipt.LIVE) {
      return CompletableFuture.completedStage(false);
    }
    CompletionStage<Boolean> noted =
        held.note(receipt.lane(), List.of(new Held.Noted(receipt, note)))
            .thenApply(verdicts -> verdicts.get(0) == 1)
            .exceptionallyCompose(
                error ->
                    RedisErrors.codeOf(error).equals("NOGROUP")
                        ? CompletableFuture.completedStage(false)
                        : CompletableFuture.failedStage(error));
    return RedisErrors.typed("leave a note", group.toString(), noted);
  }

  private CompletableFuture<Void> renewPart(
      Lane lane, List<Receipt> receipts, Duration lease, Set<Position> renewed) {
    long issued = connections.context().clock().nanoTime();
    return held.renew(lane, receipts)
        .exceptionally(
            error -> {
              if (RedisErrors.codeOf(error).equals("NOGROUP")) {
                return receipts.stream().map(receipt -> 0L).toList();
              }
              throw new CompletionException(error);
            })
        .thenAccept(
            verdicts -> {
              var lost = new ArrayList<Receipt>();
              long deleted = 0;
              for (int i = 0; i < receipts.size(); i++) {
                Receipt receipt = receipts.get(i);
                if (verdicts.get(i) == 1) {
                  receipt.deadline = issued + lease.toNanos();
                  renewed.add(receipt.position());
                } else if (receipt.state() == Receipt.LIVE) {
                  lost.add(receipt);
                  deleted += verdicts.get(i) < 0 ? 1 : 0;
                }
              }
              lost(lane, lost, deleted);
            })
        .toCompletableFuture();
  }

  /** One whose settlement is under way may need its lease again, if there is no answer. */
  private static boolean inHand(Receipt receipt) {
    return receipt.state() == Receipt.LIVE || receipt.state() == Receipt.SETTLING;
  }

  /** They belong to somebody else by now, and take up no room here. */
  private static void lost(Lane lane, List<Receipt> receipts, long deleted) {
    if (!receipts.isEmpty()) {
      lane.hub()
          .locked(
              () -> {
                lane.lost(deleted);
                lane.deliveries().forget(receipts);
                lane.advance();
              });
    }
  }
}
