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
  // Volatile for events, which take no lock.
  private volatile @Nullable ShardLink link;
  private boolean up;
  private boolean sentOn;
  private @Nullable Instant deafSince;
  private @Nullable Instant silentFrom;
  private boolean refused;
  private boolean complained;
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
  void deaf(Instant since, Instant now) {
    if (up) {
      silentFrom = now;
    }
    if (up && (deafSince == null || since.isBefore(deafSince))) {
      deafSince = since;
    }
    up = false;
  }

  /** It is heard; since when it was not, or null if nobody has missed anything. */
  @Nullable Instant heard() {
    Instant since = deafSince;
    deafSince = null;
    silentFrom = null;
    refused = false;
    up = true;
    sentOn = false;
    return since;
  }

  /** Its node does not let us hear it: nothing changes before somebody does something about it. */
  void barred() {
    refused = true;
  }

  /** It may be tried again. */
  void retry() {
    refused = false;
  }

  boolean isBarred() {
    return refused;
  }

  /** Whether those who hear it have heard nothing since then or longer. */
  boolean isDeafSince(Instant then) {
    return silentFrom != null && !silentFrom.isAfter(then);
  }

  /** Whether somebody was on it when it became deaf, and not only waits for its first time. */
  boolean wasHeard() {
    return silentFrom != null;
  }

  /** Whether this is the first complaint since it was heard. */
  boolean complains() {
    boolean first = !complained;
    complained = true;
    return first;
  }

  /** Whether there was a complaint, which is over now. */
  boolean consoled() {
    boolean before = complained;
    complained = false;
    return before;
  }

  /** Those who waited, once. */
  List<CompletableFuture<Void>> waited() {
    List<CompletableFuture<Void>> all = waiting;
    waiting = new ArrayList<>();
    return all;
  }
}
