package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import io.lettuce.core.SetArgs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds all processes of a cluster to one way of events: with two they would not hear each other,
 * and nobody would be told. The first one writes its own down, the others compare theirs at their
 * first use; what is used before the answer waits, in order. One server has one way and no key.
 */
public final class EventsMode {
  /** Where it is written down. */
  public static final String KEY = "millrace:events";

  /** Each event goes to all nodes. */
  public static final String PLAIN = "plain";

  /** Each event stays in the shard of its channel. */
  public static final String SHARDED = "sharded";

  private final RedisConnections connections;
  private final String own;
  // Guards what waits, and whether anybody asks. Not held while waiting or calling.
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Use<?>> waiting = new ArrayDeque<>();
  private boolean asking;
  private volatile boolean agreed;

  /** Something to be done, and who waits for it. */
  private record Use<T>(Supplier<CompletionStage<T>> what, CompletableFuture<T> done) {
    void run(@Nullable Throwable refusal) {
      if (refusal != null) {
        done.completeExceptionally(refusal);
        return;
      }
      // Inside a stage, so that what it throws fails it alone and not those behind it.
      var unused =
          CompletableFuture.completedStage(null)
              .thenCompose(now -> what.get())
              .whenComplete(
                  (result, error) -> {
                    if (error == null) {
                      done.complete(result);
                    } else {
                      done.completeExceptionally(RedisErrors.unwrap(error));
                    }
                  });
    }
  }

  EventsMode(RedisConnections connections) {
    this.connections = connections;
    this.own = connections.shards().isPresent() ? SHARDED : PLAIN;
    this.agreed = !connections.cluster();
  }

  /** Whether this is one of the two. */
  public static boolean is(String mode) {
    return mode.equals(PLAIN) || mode.equals(SHARDED);
  }

  /** Does it where the modes agree, after all that was given here before; fails where not. */
  <T> CompletionStage<T> where(Supplier<CompletionStage<T>> what) {
    if (agreed) {
      return what.get();
    }
    var use = new Use<>(what, new CompletableFuture<T>());
    boolean ask = false;
    boolean waits;
    lock.lock();
    try {
      // Again: whoever was held up since would wait behind what comes after it.
      waits = !agreed;
      if (waits) {
        waiting.addLast(use);
        ask = !asking;
        asking = true;
      }
    } finally {
      lock.unlock();
    }
    if (!waits) {
      return what.get();
    }
    if (ask) {
      ask();
    }
    return use.done();
  }

  /** Writes only where nothing is written: a node that takes no writes can still tell. */
  private void ask() {
    var unused =
        CompletableFuture.completedStage(null)
            .thenCompose(now -> connections.shared().get(KEY))
            .thenCompose(
                there ->
                    there == null
                        ? connections
                            .shared()
                            .setGet(KEY, own.getBytes(StandardCharsets.UTF_8), SetArgs.Builder.nx())
                        : CompletableFuture.completedStage(there))
            .whenComplete((there, error) -> answered(error == null ? refusal(there) : of(error)));
  }

  private static BrokerException of(Throwable error) {
    return RedisErrors.codeOf(error).equals("WRONGTYPE")
        ? new BackendException(
            "use events",
            KEY,
            "WRONGTYPE",
            "the key holds something else than the mode of events",
            "Delete the key " + KEY + ": it is written anew",
            error)
        : RedisErrors.translate("use events", KEY, error);
  }

  private void answered(@Nullable Throwable refusal) {
    while (true) {
      Use<?> next;
      lock.lock();
      try {
        next = waiting.pollFirst();
        if (next == null) {
          agreed |= refusal == null;
          asking = false;
          return;
        }
      } finally {
        lock.unlock();
      }
      next.run(refusal);
    }
  }

  private @Nullable InvalidStateException refusal(byte @Nullable [] there) {
    String other = there == null ? own : new String(there, StandardCharsets.UTF_8);
    if (other.equals(own)) {
      return null;
    }
    return new InvalidStateException(
        "use events",
        connections.name(),
        "its URL says events="
            + own
            + ", and the key "
            + KEY
            + " of the cluster says that its processes use events="
            + Names.printable(other)
            + "; they would not hear each other",
        "Put the same events= into all URLs; to change it for all, stop all of them, delete the key"
            + " (DEL "
            + KEY
            + ") and start them with the new one");
  }
}
