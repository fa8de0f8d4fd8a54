package dev.millrace.broker.backend.redis.internal.log;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A channel of a shard, and where it is heard. Guarded by the lock of {@link ShardedSubscriptions}.
 */
final class Seat {
  final Topic topic;
  private @Nullable ShardLink link;
  private boolean up;
  private boolean sentOn;
  private @Nullable Instant deafSince;
  private List<CompletableFuture<Void>> waiting = new ArrayList<>();

  Seat(String channel) {
    this.topic = new Topic(channel, true);
  }

  /** Where it is subscribed, or was asked for; null: nowhere. */
  @Nullable ShardLink link() {
    return link;
  }

  boolean up() {
    return up;
  }

  /** Who wants to know when it is heard. */
  CompletableFuture<Void> await() {
    var heard = new CompletableFuture<Void>();
    waiting.add(heard);
    return heard;
  }

  void askedOn(ShardLink asked) {
    link = asked;
  }

  /** It is asked for nowhere any more. */
  void nowhere() {
    link = null;
  }

  /** Whether to follow where a node sends it: once, for two nodes may send it to each other. */
  boolean follows() {
    boolean first = !sentOn;
    sentOn = true;
    return first;
  }

  /** The cluster was asked anew. */
  void lookedFor() {
    sentOn = false;
  }

  /** Nothing is heard since then, unless it was so before. */
  void deaf(Instant since) {
    if (up && (deafSince == null || since.isBefore(deafSince))) {
      deafSince = since;
    }
    up = false;
  }

  /** It is heard; since when it was not, or null if nobody has missed anything. */
  @Nullable Instant heard() {
    Instant since = deafSince;
    deafSince = null;
    up = true;
    sentOn = false;
    return since;
  }

  /** Those who waited, once. */
  List<CompletableFuture<Void>> waited() {
    List<CompletableFuture<Void>> all = waiting;
    waiting = new ArrayList<>();
    return all;
  }
}
