package dev.millrace.broker.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a consumer takes part in a group. Immutable; {@link Builder#build()} checks everything and
 * reports all faults at once. Where Redis has a name for a setting, that name is used.
 */
public final class ConsumerConfig {
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

  @Override
  public String toString() {
    return "ConsumerConfig[stream=%s, group=%s, consumerName=%s, concurrency=%d, count=%d, block=%s, lease=%s, retry=%s, deadLetter=%s, start=%s, autoStart=%s]"
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
            autoStart);
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
      if (!faults.isEmpty()) {
        throw new InvalidConfigException("build", "ConsumerConfig", faults);
      }
      return new ConsumerConfig(new Builder(this));
    }
  }
}
