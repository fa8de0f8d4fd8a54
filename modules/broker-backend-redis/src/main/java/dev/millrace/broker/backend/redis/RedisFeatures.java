package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.BackendFeatures.Durability;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.BackendFeatures.Limit;
import dev.millrace.broker.api.spi.BackendFeatures.Ordering;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** What this backend promises. */
final class RedisFeatures {
  /** Redis takes no longer string, {@code proto-max-bulk-len}. */
  private static final long LONGEST_STRING = 512L * 1024 * 1024;

  /** What readers promise. On a cluster a move is refused that would leave the stream's slot. */
  private static final Set<Feature> READING =
      EnumSet.of(
          Feature.RELEASE,
          Feature.DELAYED_RELEASE,
          Feature.MOVE,
          Feature.ATOMIC_MOVE,
          Feature.DELIVERY_COUNT,
          Feature.NOTES,
          Feature.PARKING,
          Feature.WORK_QUEUE,
          Feature.FENCING,
          Feature.LEASES);

  private static final Set<Feature> OTHERS =
      EnumSet.of(
          Feature.SHARED,
          Feature.IDEMPOTENT_APPEND,
          Feature.GUARDED_APPEND,
          Feature.BACKUP,
          Feature.HISTORY,
          Feature.PENDING,
          Feature.TRIMMING,
          Feature.HOUSEKEEPING,
          Feature.MOVER,
          Feature.AUDIT,
          Feature.SCHEDULES,
          Feature.COORDINATION,
          Feature.SERVER_CLOCK,
          Feature.REPLY_INBOX,
          Feature.REQUESTS,
          Feature.EVENT_PATTERNS,
          Feature.KEPT_EVENTS);

  private RedisFeatures() {}

  /**
   * What a server promises.
   *
   * @param fsyncs whether it syncs its disk before it answers
   * @param shards whether events go to shards of a cluster, which know no patterns
   */
  static BackendFeatures of(boolean fsyncs, boolean shards) {
    var durability = EnumSet.of(Durability.MEMORY, Durability.REPLICATED);
    if (fsyncs) {
      durability.add(Durability.FSYNCED);
    }
    return new BackendFeatures(
        union(shards), Map.of(Limit.ENTRY_BYTES, LONGEST_STRING), Ordering.STREAM, durability);
  }

  private static Set<Feature> union(boolean shards) {
    var all = EnumSet.copyOf(OTHERS);
    all.addAll(READING);
    if (shards) {
      all.remove(Feature.EVENT_PATTERNS);
    }
    return all;
  }
}
