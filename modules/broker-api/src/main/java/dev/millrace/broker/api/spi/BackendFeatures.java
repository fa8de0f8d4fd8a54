package dev.millrace.broker.api.spi;

import java.util.Map;
import java.util.Set;

/**
 * What a backend can promise, as data.
 *
 * @param has its features
 * @param limits its limits; one that is absent is not known to exist
 * @param ordering how messages of one stream are ordered
 * @param durability which levels of keeping it can be asked for
 */
public record BackendFeatures(
    Set<Feature> has, Map<Limit, Long> limits, Ordering ordering, Set<Durability> durability) {
  /** Copies the collections. */
  public BackendFeatures {
    has = Set.copyOf(has);
    limits = Map.copyOf(limits);
    durability = Set.copyOf(durability);
  }

  /** Whether it has a feature. */
  public boolean has(Feature feature) {
    return has.contains(feature);
  }

  /** Whether it can keep entries so safely. */
  public boolean offers(dev.millrace.broker.api.Durability asked) {
    return durability.contains(levelOf(asked));
  }

  /** The level of what is asked for. */
  public static Durability levelOf(dev.millrace.broker.api.Durability asked) {
    return switch (asked) {
      case dev.millrace.broker.api.Durability.Memory memory -> Durability.MEMORY;
      case dev.millrace.broker.api.Durability.Fsynced fsynced -> Durability.FSYNCED;
      case dev.millrace.broker.api.Durability.Replicated replicated -> Durability.REPLICATED;
    };
  }

  /** One thing that a backend may be able to do. */
  public enum Feature {
    /** Several processes share its streams. */
    SHARED,
    /** {@link StreamLog#append} stores an id at most once ({@link Dedup}). */
    IDEMPOTENT_APPEND,
    /** {@link StreamLog#append} refuses above a backlog ({@link AppendGuard#maxBacklog()}). */
    GUARDED_APPEND,
    /** The facet {@link Backups}, {@link AppendGuard#backup()} and {@link Dedup.InLine}. */
    BACKUP,
    /** {@link Settlement.Release} without a delay. */
    RELEASE,
    /** {@link Settlement.Release} with a delay. */
    DELAYED_RELEASE,
    /** A long {@link Settlement.Release} keeps neither trimming nor a backlog limit back. */
    PARKING,
    /** {@link Received#past()} tells; {@link Settlement.Release#note()}, {@link Leases#note}. */
    NOTES,
    /** {@link ReaderSpec#workQueue()}. */
    WORK_QUEUE,
    /** {@link Settlement.MoveTo}, perhaps in two steps. */
    MOVE,
    /** {@link Settlement.MoveTo} in one step: never lost, never in two places. */
    ATOMIC_MOVE,
    /** {@link Received#delivery()} is present. */
    DELIVERY_COUNT,
    /** {@link Received#fence()} is present and rises with each delivery. */
    FENCING,
    /** The facet {@link Leases}; and unrenewed messages of dead readers come back. */
    LEASES,
    /** The facet {@link History}: entries stay readable after they were acknowledged. */
    HISTORY,
    /** The facet {@link Pending}. */
    PENDING,
    /** The facet {@link Trimming}. */
    TRIMMING,
    /** The facet {@link Housekeeping}. */
    HOUSEKEEPING,
    /** The facet {@link Mover}. */
    MOVER,
    /** The facet {@link Audit}. */
    AUDIT,
    /** The facet {@link Schedules}. */
    SCHEDULES,
    /** The facet {@link Coordination}. */
    COORDINATION,
    /** The facet {@link ServerClock}. */
    SERVER_CLOCK,
    /** The facet {@link ReplyInbox}. */
    REPLY_INBOX,
    /** The facet {@link Requests} and {@link Settlement.Answer}. */
    REQUESTS,
    /** {@link EventBus} subscriptions by pattern. */
    EVENT_PATTERNS,
    /** {@link EventBus#publish} also keeps what somebody wants kept. */
    KEPT_EVENTS
  }

  /** A bound in numbers. */
  public enum Limit {
    /** The largest entry, in bytes. */
    ENTRY_BYTES,
    /** The longest delay of a {@link Settlement.Release}, in milliseconds. */
    RELEASE_DELAY_MILLIS,
    /** How many readers may be open. */
    READERS
  }

  /** How messages of one stream are ordered. */
  public enum Ordering {
    /** One order for the whole stream. */
    STREAM,
    /** An order within each partition. */
    PARTITION,
    /** None. */
    NONE
  }

  /** How safe an accepted message is. */
  public enum Durability {
    /** In the memory of one process or server. */
    MEMORY,
    /** On the disk of one server. */
    FSYNCED,
    /** On several servers. */
    REPLICATED
  }
}
