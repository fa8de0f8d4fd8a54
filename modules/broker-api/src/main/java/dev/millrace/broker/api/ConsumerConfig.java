package dev.millrace.broker.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a consumer takes part in a group. Immutable; {@link Builder#build()} checks everything and
 * reports all faults at once. Where Redis has a name for a setting, that name is used.
 */
public final class ConsumerConfig {
  private static final Duration STALL_AFTER = Duration.ofSeconds(30);

  private final String stream;
  private final @Nullable String group;
  private final @Nullable String consumerName;
  private final int concurrency;
  private final int count;
  private final Duration block;
  private final Duration lease;
  private final RetryPolicy retry;
  private final @Nullable String deadLetter;
  private final StartPosition start;
  private final boolean autoStart;
  private final @Nullable Duration handlerTimeout;
  private final int batchSize;
  private final Duration batchTime;
  private final boolean workQueue;
  private final @Nullable Duration stallAfter;
  private final Builder source;

  private ConsumerConfig(Builder b) {
    this.stream = b.stream;
    this.group = b.group;
    this.consumerName = b.consumerName;
    this.concurrency = b.concurrency;
    this.count = b.count;
    this.block = b.block;
    this.lease = b.lease;
    this.retry = b.retry;
    this.deadLetter = b.deadLetter;
    this.start = b.start;
    this.autoStart = b.autoStart;
    this.handlerTimeout = b.handlerTimeout;
    this.batchSize = b.batchSize;
    this.batchTime = b.batchTime;
    this.workQueue = b.workQueue;
    this.stallAfter = b.stallAfter;
    this.source = b;
  }

  /**
   * The defaults for a consumer of this stream.
   *
   * @throws InvalidConfigException if the name is not usable
   */
  public static ConsumerConfig of(String stream) {
    return builder(stream).build();
  }

  /** A builder with the defaults. */
  public static Builder builder(String stream) {
    return new Builder(stream);
  }

  /** A builder with this configuration's values. */
  public Builder toBuilder() {
    return new Builder(source);
  }

  /** The stream that is read. */
  public String stream() {
    return stream;
  }

  /** The consumer group; empty: the manager's. */
  public Optional<String> group() {
    return Optional.ofNullable(group);
  }

  /** This member's name within the group; empty: one that is unique to the process. */
  public Optional<String> consumerName() {
    return Optional.ofNullable(consumerName);
  }

  /** How many messages are handled at once. */
  public int concurrency() {
    return concurrency;
  }

  /** How many messages one read takes at most. */
  public int count() {
    return count;
  }

  /** How long one read waits for a message. */
  public Duration block() {
    return block;
  }

  /** How long a message belongs to this consumer without renewal. */
  public Duration lease() {
    return lease;
  }

  /** What happens to a message whose handler failed. */
  public RetryPolicy retry() {
    return retry;
  }

  /** Where messages go that cannot be handled; empty: {@code {stream}:dead:group}. */
  public Optional<String> deadLetter() {
    return Optional.ofNullable(deadLetter);
  }

  /** Where the group begins if it does not exist. */
  public StartPosition start() {
    return start;
  }

  /** Whether the consumer reads as soon as it is created. */
  public boolean autoStart() {
    return autoStart;
  }

  /** How long a handler may run; empty: for ever. */
  public Optional<Duration> handlerTimeout() {
    return Optional.ofNullable(handlerTimeout);
  }

  /** How many messages a batch handler is given at most. */
  public int batchSize() {
    return batchSize;
  }

  /** How long a batch waits for more messages. */
  public Duration batchTime() {
    return batchTime;
  }

  /** Whether messages are deleted from the stream when they are acknowledged. */
  public boolean workQueue() {
    return workQueue;
  }

  /** How long the stream may have messages for this consumer without one coming. */
  public Duration stallAfter() {
    if (stallAfter != null) {
      return stallAfter;
    }
    return lease.compareTo(STALL_AFTER) > 0 ? lease : STALL_AFTER;
  }

  private List<@Nullable Object> values() {
    return java.util.Arrays.asList(
        stream,
        group,
        consumerName,
        concurrency,
        count,
        block,
        lease,
        retry,
        deadLetter,
        start,
        autoStart,
        handlerTimeout,
        batchSize,
        batchTime,
        workQueue,
        stallAfter);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConsumerConfig that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "ConsumerConfig[stream=%s, group=%s, consumerName=%s, concurrency=%d, count=%d, block=%s, lease=%s, retry=%s, deadLetter=%s, start=%s, autoStart=%s, handlerTimeout=%s, batch=%d/%s, workQueue=%s, stallAfter=%s]"
        .formatted(
            stream,
            group().orElse("default"),
            consumerName().orElse("unique"),
            concurrency,
            count,
            block,
            lease,
            retry,
            deadLetter().orElse("default"),
            start,
            autoStart,
            handlerTimeout().map(Duration::toString).orElse("none"),
            batchSize,
            batchTime,
            workQueue,
            stallAfter());
  }

  /** Collects the values; {@link #build()} checks them together. Not thread-safe. */
  public static final class Builder {
    private final String stream;
    private @Nullable String group;
    private @Nullable String consumerName;
    private int concurrency = 10;
    private int count = 256;
    private Duration block = Duration.ofSeconds(5);
    private Duration lease = Duration.ofSeconds(30);
    private RetryPolicy retry = RetryPolicy.defaults();
    private @Nullable String deadLetter;
    private StartPosition start = StartPosition.beginning();
    private boolean autoStart = true;
    private @Nullable Duration handlerTimeout;
    private int batchSize = 100;
    private Duration batchTime = Duration.ofMillis(100);
    private boolean workQueue;
    private @Nullable Duration stallAfter;

    private Builder(String stream) {
      this.stream = stream;
    }

    private Builder(Builder other) {
      this.stream = other.stream;
      this.group = other.group;
      this.consumerName = other.consumerName;
      this.concurrency = other.concurrency;
      this.count = other.count;
      this.block = other.block;
      this.lease = other.lease;
      this.retry = other.retry;
      this.deadLetter = other.deadLetter;
      this.start = other.start;
      this.autoStart = other.autoStart;
      this.handlerTimeout = other.handlerTimeout;
      this.batchSize = other.batchSize;
      this.batchTime = other.batchTime;
      this.workQueue = other.workQueue;
      this.stallAfter = other.stallAfter;
    }

    /** The consumer group. Default: the manager's. */
    public Builder group(String group) {
      this.group = group;
      return this;
    }

    /**
     * This member's name within the group. Two live processes must never share one. Default: a name
     * that is unique to the process.
     */
    public Builder consumerName(String consumerName) {
      this.consumerName = consumerName;
      return this;
    }

    /** How many messages are handled at once, 1 to 10,000. Default 10. */
    public Builder concurrency(int concurrency) {
      this.concurrency = concurrency;
      return this;
    }

    /**
     * How many messages one read takes at most, 1 to 10,000, and how far a consumer with quick
     * handlers may read ahead of its free slots. Default 256.
     */
    public Builder count(int count) {
      this.count = count;
      return this;
    }

    /**
     * How long one read waits for a message at most, 10 ms to 1 min. A backend may wait for less:
     * on Redis consumers share their waits, which end after the shortest of their times, a quarter
     * of their shortest lease, or 5 s. Default 5 s.
     */
    public Builder block(Duration block) {
      this.block = block;
      return this;
    }

    /**
     * How long a message belongs to this consumer without renewal, 100 ms to 1 day. It is renewed
     * while the handler runs; when the process dies, another consumer gets the message after about
     * this time. Default 30 s.
     */
    public Builder lease(Duration lease) {
      this.lease = lease;
      return this;
    }

    /** What happens to a message whose handler failed. Default: {@link RetryPolicy#defaults()}. */
    public Builder retry(RetryPolicy retry) {
      this.retry = retry;
      return this;
    }

    /** Where messages go that cannot be handled. Default: {@code {stream}:dead:group}. */
    public Builder deadLetter(String stream) {
      this.deadLetter = stream;
      return this;
    }

    /** Where the group begins if it does not exist. Default: at the oldest entry. */
    public Builder start(StartPosition start) {
      this.start = start;
      return this;
    }

    /** Whether the consumer reads as soon as it is created. Default true. */
    public Builder autoStart(boolean autoStart) {
      this.autoStart = autoStart;
      return this;
    }

    /**
     * How long a handler may run, 1 ms to 30 days. Then it is interrupted, and the attempt has
     * failed with a {@link HandlerTimeoutException} whatever it returns. One that ignores the
     * interrupt keeps its message, and its place among the {@link #concurrency}, until it ends.
     * Default: for ever.
     */
    public Builder handlerTimeout(Duration handlerTimeout) {
      this.handlerTimeout = handlerTimeout;
      return this;
    }

    /**
     * How many messages a batch handler is given at most, and how long the first of them waits for
     * others. Only for batch handlers; {@link #concurrency} is then the number of batches at once.
     *
     * @param size 1 to 10,000; default 100
     * @param time 0 to 1 min; zero: whatever came together; default 100 ms
     */
    public Builder batch(int size, Duration time) {
      this.batchSize = size;
      this.batchTime = time;
      return this;
    }

    /**
     * Whether messages are deleted from the stream when they are acknowledged. The stream is to
     * have one group then: with another, the consumer does not start. What a group that is made
     * later has not acknowledged is not deleted; retention trims it. Default false.
     */
    public Builder workQueue(boolean workQueue) {
      this.workQueue = workQueue;
      return this;
    }

    /**
     * How long the stream may have messages for this consumer without one coming, 1 s to 1 day,
     * before it is unhealthy and reads anew. Default: 30 s, or the lease if that is longer.
     */
    public Builder stallAfter(Duration stallAfter) {
      this.stallAfter = stallAfter;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws InvalidConfigException with all faults
     */
    public ConsumerConfig build() {
      var faults = new ArrayList<String>();
      Names.streamFault(stream).ifPresent(faults::add);
      if (group != null) {
        Names.faultOf("group name", group).ifPresent(faults::add);
      }
      if (consumerName != null) {
        Names.faultOf("consumer name", consumerName).ifPresent(faults::add);
      }
      if (deadLetter != null) {
        Names.streamFault(deadLetter).ifPresent(faults::add);
        if (deadLetter.equals(stream)) {
          faults.add("deadLetter is the stream '" + stream + "' itself; name another");
        }
      }
      Check.range(faults, "concurrency", concurrency, 1, 10_000);
      Check.range(faults, "count", count, 1, 10_000);
      Check.range(faults, "block", block, Duration.ofMillis(10), Duration.ofMinutes(1));
      Check.range(faults, "lease", lease, Duration.ofMillis(100), Duration.ofDays(1));
      Check.range(faults, "batch size", batchSize, 1, 10_000);
      Check.range(faults, "batch time", batchTime, Duration.ZERO, Duration.ofMinutes(1));
      if (handlerTimeout != null) {
        Check.range(
            faults, "handlerTimeout", handlerTimeout, Duration.ofMillis(1), Duration.ofDays(30));
      }
      if (stallAfter != null) {
        Check.range(faults, "stallAfter", stallAfter, Duration.ofSeconds(1), Duration.ofDays(1));
      }
      if (!faults.isEmpty()) {
        throw new InvalidConfigException("build", "ConsumerConfig", faults);
      }
      return new ConsumerConfig(new Builder(this));
    }
  }
}
