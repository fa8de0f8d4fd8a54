package dev.millrace.broker.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How one stream is kept: who must have read an entry before it may go, and how long and how many
 * entries stay. Immutable; {@link Builder#build()} checks everything and reports all faults at
 * once.
 *
 * <p>{@code minRetentionTime} and {@code minRetentionCount} are floors that win over {@code maxAge}
 * and {@code maxLength}, and nothing unread or unacknowledged goes before them all, unless the
 * overflow policy is {@link Overflow#drop()}.
 */
public final class StreamConfig {
  private static final long DEFAULT_LENGTH = 1_000_000;
  private static final int DEFAULT_BATCH = 100;

  private final String name;
  private final Set<String> groups;
  private final boolean history;
  private final RetentionPolicy retention;
  private final long maxLength;
  private final int batchSize;
  private final Duration cleanupInterval;
  private final Priority priority;
  private final @Nullable Duration maxAge;
  private final Duration minRetentionTime;
  private final long minRetentionCount;
  private final Overflow overflow;
  private final SendPolicy sending;
  private final Builder source;

  private StreamConfig(Builder b) {
    this.name = b.name;
    this.groups = java.util.Collections.unmodifiableSet(new TreeSet<>(b.groups));
    this.history = b.history;
    this.retention = b.retention.unchecked();
    this.maxLength = retention.maxLength().orElse(DEFAULT_LENGTH);
    this.batchSize = retention.batchSize().orElse(DEFAULT_BATCH);
    this.priority = retention.priority().orElse(Priority.NORMAL);
    this.cleanupInterval = retention.cleanupInterval().orElse(priority.cleanupInterval());
    this.maxAge = retention.maxAge().orElse(null);
    this.minRetentionTime = retention.minRetentionTime().orElseGet(this::defaultMinTime);
    this.minRetentionCount =
        retention.minRetentionCount().orElse(Math.min(priority.minRetentionCount(), maxLength));
    this.overflow = b.overflow;
    this.sending = b.sending;
    this.source = b;
  }

  private Duration defaultMinTime() {
    Duration usual = priority.minRetentionTime();
    return maxAge != null && maxAge.compareTo(usual) < 0 ? maxAge : usual;
  }

  /**
   * The defaults for a stream of this name.
   *
   * @throws InvalidConfigException if the name is not usable
   */
  public static StreamConfig of(String name) {
    return builder(name).build();
  }

  /** A builder with the defaults. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** A builder with this configuration's values. */
  public Builder toBuilder() {
    return new Builder(source);
  }

  /**
   * This configuration with some settings changed. A bound that comes to lie below a floor of the
   * same kind has no effect, for floors win.
   */
  public StreamConfig changedBy(RetentionPolicy changes) {
    return with(changes.over(retention));
  }

  /**
   * This configuration, with what it leaves to the defaults taken from a policy where that says.
   */
  public StreamConfig filledBy(RetentionPolicy defaults) {
    return with(retention.over(defaults));
  }

  private StreamConfig with(RetentionPolicy settings) {
    var builder = new Builder(source);
    builder.retention = new RetentionPolicy.Builder(settings);
    return new StreamConfig(builder);
  }

  /** The settings of retention that were given, and are not left to the defaults. */
  public RetentionPolicy retention() {
    return retention;
  }

  /** The stream's name: on Redis, its key. */
  public String name() {
    return name;
  }

  /**
   * Groups that must have acknowledged an entry before it may go, whether they exist yet or not; in
   * name order.
   */
  public Set<String> groups() {
    return groups;
  }

  /** Whether the stream is history without readers, bounded by age and length alone. */
  public boolean history() {
    return history;
  }

  /** How many entries stay at most. */
  public long maxLength() {
    return maxLength;
  }

  /** How many entries the first slice of trimming removes at most. */
  public int batchSize() {
    return batchSize;
  }

  /** How often the stream is looked at. */
  public Duration cleanupInterval() {
    return cleanupInterval;
  }

  /** What goes first when the backend runs short of memory. */
  public Priority priority() {
    return priority;
  }

  /** How old an entry may become; empty: as old as the other bounds let it. */
  public Optional<Duration> maxAge() {
    return Optional.ofNullable(maxAge);
  }

  /** No entry younger than this goes. */
  public Duration minRetentionTime() {
    return minRetentionTime;
  }

  /** This many of the newest entries never go. */
  public long minRetentionCount() {
    return minRetentionCount;
  }

  /** What a producer does when the stream is full. */
  public Overflow overflow() {
    return overflow;
  }

  /** How its producers send. */
  public SendPolicy sending() {
    return sending;
  }

  /**
   * The settings in which another configuration differs, each as "maxLength: 1000 in force, 2000
   * asked for".
   */
  public List<String> differencesTo(StreamConfig asked) {
    var differences = new ArrayList<String>();
    for (var setting : SETTINGS) {
      Object mine = setting.get.apply(this);
      Object theirs = setting.get.apply(asked);
      if (!mine.equals(theirs)) {
        differences.add(setting.name + ": " + mine + " in force, " + theirs + " asked for");
      }
    }
    return differences;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StreamConfig that && differencesTo(that).isEmpty();
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, groups, maxLength, priority);
  }

  @Override
  public String toString() {
    var parts = new ArrayList<String>();
    for (var setting : SETTINGS) {
      parts.add(setting.name + "=" + setting.get.apply(this));
    }
    return "StreamConfig" + parts;
  }

  private record Setting(String name, Function<StreamConfig, Object> get) {}

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("name", StreamConfig::name),
          new Setting("groups", StreamConfig::groups),
          new Setting("history", StreamConfig::history),
          new Setting("maxLength", StreamConfig::maxLength),
          new Setting("batchSize", StreamConfig::batchSize),
          new Setting("cleanupInterval", StreamConfig::cleanupInterval),
          new Setting("priority", StreamConfig::priority),
          new Setting("maxAge", config -> config.maxAge().map(Object::toString).orElse("none")),
          new Setting("minRetentionTime", StreamConfig::minRetentionTime),
          new Setting("minRetentionCount", StreamConfig::minRetentionCount),
          new Setting("overflow", StreamConfig::overflow),
          new Setting("sending", StreamConfig::sending));

  /** Collects the values; {@link #build()} checks them together. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private Set<String> groups = Set.of();
    private boolean history;
    private RetentionPolicy.Builder retention = RetentionPolicy.builder();
    private Overflow overflow = Overflow.block(Duration.ofSeconds(5));
    private SendPolicy sending = SendPolicy.defaults();

    private Builder(String name) {
      this.name = name;
    }

    private Builder(Builder other) {
      this.name = other.name;
      this.groups = other.groups;
      this.history = other.history;
      this.retention = new RetentionPolicy.Builder(other.retention.unchecked());
      this.overflow = other.overflow;
      this.sending = other.sending;
    }

    /**
     * Groups that must have acknowledged an entry before it may go, also while they do not exist
     * yet. Default: none declared; then the groups that exist protect.
     */
    public Builder groups(String... groups) {
      return groups(List.of(groups));
    }

    /** As {@link #groups(String...)}. */
    public Builder groups(Collection<String> groups) {
      this.groups = new LinkedHashSet<>(groups);
      return this;
    }

    /**
     * Declares that nobody has to read the stream: age and length alone bound it. Excludes groups.
     * Default false.
     */
    public Builder history(boolean history) {
      this.history = history;
      return this;
    }

    /** How many entries stay at most, 1 to 10^12. Default 1,000,000. */
    public Builder maxLength(long maxLength) {
      retention.maxLength(maxLength);
      return this;
    }

    /**
     * How many entries the first slice of trimming removes at most, 1 to 100,000. Later ones grow
     * as long as the backend answers at once. Default 100.
     */
    public Builder batchSize(int batchSize) {
      retention.batchSize(batchSize);
      return this;
    }

    /**
     * How often the stream is looked at, 100 ms to 1 day. Default: by its {@link Priority}; 5 min
     * for NORMAL.
     */
    public Builder cleanupInterval(Duration cleanupInterval) {
      retention.cleanupInterval(cleanupInterval);
      return this;
    }

    /** What goes first when memory is short, and what the defaults are. Default NORMAL. */
    public Builder priority(Priority priority) {
      retention.priority(priority);
      return this;
    }

    /**
     * How old an entry may become, from 1 ms, not below minRetentionTime. Default: no bound by age.
     */
    public Builder maxAge(Duration maxAge) {
      retention.maxAge(maxAge);
      return this;
    }

    /**
     * No entry younger than this goes; zero: no such floor. Default: by the {@link Priority}, 10
     * min for NORMAL, or maxAge where that is shorter.
     */
    public Builder minRetentionTime(Duration minRetentionTime) {
      retention.minRetentionTime(minRetentionTime);
      return this;
    }

    /**
     * This many of the newest entries never go; zero: no such floor. Default: by the {@link
     * Priority}, 100 for NORMAL, or maxLength where that is smaller.
     */
    public Builder minRetentionCount(long minRetentionCount) {
      retention.minRetentionCount(minRetentionCount);
      return this;
    }

    /**
     * What a simple producer does when {@link #maxLength} messages are pending or unread in the
     * group that is furthest behind. Default: block 5 s, counted from the call, then {@link
     * StreamFullException}. A backup producer sends to its backup instead. With {@link
     * Overflow#drop()} producers do nothing, and unread entries do not hold up trimming. Without
     * groups a stream is never full.
     *
     * <p>Producers look at a stream every 250 ms at most and have the backend check the limit when
     * it is near, so that it holds to within what is sent in that time. Where the backend cannot
     * check it, the looks alone decide.
     */
    public Builder overflow(Overflow overflow) {
      this.overflow = overflow;
      return this;
    }

    /**
     * How producers send. Default: {@link SendPolicy#defaults()}, idempotent where the backend can.
     */
    public Builder sending(SendPolicy sending) {
      this.sending = sending;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws InvalidConfigException with all faults
     */
    public StreamConfig build() {
      var faults = new ArrayList<String>();
      Names.streamFault(name).ifPresent(faults::add);
      for (String group : groups) {
        Names.faultOf("group name", group).ifPresent(faults::add);
      }
      if (history && !groups.isEmpty()) {
        faults.add(
            "history is true but groups are declared "
                + groups
                + "; a history stream has no readers");
      }
      retention.check(faults);
      sending.check(faults);
      if (overflow instanceof Overflow.Block block) {
        Check.range(
            faults, "overflow deadline", block.deadline(), Duration.ZERO, Duration.ofDays(1));
      }
      if (!faults.isEmpty()) {
        throw new InvalidConfigException("build", "StreamConfig", faults);
      }
      return new StreamConfig(new Builder(this));
    }
  }
}
