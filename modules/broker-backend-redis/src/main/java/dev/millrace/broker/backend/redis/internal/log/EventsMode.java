package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
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
      what.get()
          .whenComplete(
              (result, error) -> {
                if (error == null) {
                  done.complete(result);
                } else {
                  done.completeExceptionally(error);
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
    lock.lock();
    try {
      waiting.addLast(use);
      if (asking) {
        return use.done();
      }
      asking = true;
    } finally {
      lock.unlock();
    }
    var unused =
        connections
            .shared()
            .setGet(KEY, own.getBytes(StandardCharsets.UTF_8), SetArgs.Builder.nx())
            .whenComplete((there, error) -> answered(error == null ? refusal(there) : error));
    return use.done();
  }

  private void answered(@Nullable Throwable refusal) {
    while (true) {
      Use<?> next;
      lock.lock();
      try {
        next = waiting.pollFirst();
        if (next == null) {
          agreed = refusal == null;
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
