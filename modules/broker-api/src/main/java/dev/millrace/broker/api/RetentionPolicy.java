package dev.millrace.broker.api;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Some of the settings that decide what goes from a stream; each may be left open. As a change at
 * run time ({@link StreamManager#changeRetention}) it beats what the code says, and as a default
 * for names ({@link BrokerConfig.Builder#retention}) it fills what the code leaves open. Immutable.
 */
public final class RetentionPolicy {
  private static final long MOST_ENTRIES = 1_000_000_000_000L;
  private static final Duration LONGEST = Duration.ofDays(36_500);
  private static final RetentionPolicy NONE = new RetentionPolicy(new Builder());

  private final @Nullable Priority priority;
  private final @Nullable Long maxLength;
  private final @Nullable Duration maxAge;
  private final @Nullable Duration minRetentionTime;
  private final @Nullable Long minRetentionCount;
  private final @Nullable Duration cleanupInterval;
  private final @Nullable Integer batchSize;

  private RetentionPolicy(Builder b) {
    this.priority = b.priority;
    this.maxLength = b.maxLength;
    this.maxAge = b.maxAge;
    this.minRetentionTime = b.minRetentionTime;
    this.minRetentionCount = b.minRetentionCount;
    this.cleanupInterval = b.cleanupInterval;
    this.batchSize = b.batchSize;
  }

  /** One that leaves everything open. */
  public static RetentionPolicy none() {
    return NONE;
  }

  /** A builder that leaves everything open. */
  public static Builder builder() {
    return new Builder();
  }

  /** What goes first when memory is short. */
  public Optional<Priority> priority() {
    return Optional.ofNullable(priority);
  }

  /** How many entries stay at most. */
  public OptionalLong maxLength() {
    return maxLength == null ? OptionalLong.empty() : OptionalLong.of(maxLength);
  }

  /** How old an entry may become. */
  public Optional<Duration> maxAge() {
    return Optional.ofNullable(maxAge);
  }

  /** No entry younger than this goes. */
  public Optional<Duration> minRetentionTime() {
    return Optional.ofNullable(minRetentionTime);
  }

  /** This many of the newest entries never go. */
  public OptionalLong minRetentionCount() {
    return minRetentionCount == null ? OptionalLong.empty() : OptionalLong.of(minRetentionCount);
  }

  /** How often the stream is looked at. */
  public Optional<Duration> cleanupInterval() {
    return Optional.ofNullable(cleanupInterval);
  }

  /** How many entries the first slice of trimming removes at most. */
  public OptionalInt batchSize() {
    return batchSize == null ? OptionalInt.empty() : OptionalInt.of(batchSize);
  }

  /** The settings of this one, and where it leaves one open, the other's. */
  public RetentionPolicy over(RetentionPolicy other) {
    var both = new Builder();
    both.priority = priority != null ? priority : other.priority;
    both.maxLength = maxLength != null ? maxLength : other.maxLength;
    both.maxAge = maxAge != null ? maxAge : other.maxAge;
    both.minRetentionTime = minRetentionTime != null ? minRetentionTime : other.minRetentionTime;
    both.minRetentionCount =
        minRetentionCount != null ? minRetentionCount : other.minRetentionCount;
    both.cleanupInterval = cleanupInterval != null ? cleanupInterval : other.cleanupInterval;
    both.batchSize = batchSize != null ? batchSize : other.batchSize;
    return new RetentionPolicy(both);
  }

  /** Whether it leaves everything open. */
  public boolean isEmpty() {
    return toMap().isEmpty();
  }

  /** The settings by name, as text; those left open are absent. {@link #parse} reads it. */
  public Map<String, String> toMap() {
    var map = new LinkedHashMap<String, String>();
    put(map, "priority", priority);
    put(map, "maxLength", maxLength);
    put(map, "maxAge", maxAge);
    put(map, "minRetentionTime", minRetentionTime);
    put(map, "minRetentionCount", minRetentionCount);
    put(map, "cleanupInterval", cleanupInterval);
    put(map, "batchSize", batchSize);
    return map;
  }

  private static void put(Map<String, String> map, String name, @Nullable Object value) {
    if (value != null) {
      map.put(name, value.toString());
    }
  }

  /**
   * Reads what {@link #toMap()} wrote. Durations are ISO 8601, as {@code PT10M}.
   *
   * @throws InvalidConfigException with all faults: unknown names, values that are none or out of
   *     their bounds
   */
  public static RetentionPolicy parse(Map<String, String> settings) {
    var faults = new ArrayList<String>();
    var builder = builder();
    settings.forEach(
        (name, value) -> {
          try {
            set(builder, name, value, faults);
          } catch (IllegalArgumentException | DateTimeParseException unreadable) {
            faults.add(name + " is '" + Names.printable(value) + "', which cannot be read");
          }
        });
    builder.check(faults);
    if (!faults.isEmpty()) {
      throw new InvalidConfigException("read", "RetentionPolicy", faults);
    }
    return new RetentionPolicy(builder);
  }

  /**
   * Reads what is stored with a stream, one setting by one: one that cannot be read, as a newer
   * version may have written it, is left open; and a bound below a floor is good, for the floor
   * wins.
   *
   * @param unreadable is told of each that cannot be read, in words
   */
  public static RetentionPolicy readable(
      Map<String, String> settings, java.util.function.Consumer<? super String> unreadable) {
    RetentionPolicy policy = none();
    for (var setting : settings.entrySet()) {
      try {
        policy = policy.over(parse(Map.of(setting.getKey(), setting.getValue())));
      } catch (InvalidConfigException fault) {
        fault.faults().forEach(unreadable);
      }
    }
    return policy;
  }

  private static void set(Builder builder, String name, String value, List<String> faults) {
    switch (name) {
      case "priority" -> builder.priority(Priority.valueOf(value));
      case "maxLength" -> builder.maxLength(Long.parseLong(value));
      case "maxAge" -> builder.maxAge(Duration.parse(value));
      case "minRetentionTime" -> builder.minRetentionTime(Duration.parse(value));
      case "minRetentionCount" -> builder.minRetentionCount(Long.parseLong(value));
      case "cleanupInterval" -> builder.cleanupInterval(Duration.parse(value));
      case "batchSize" -> builder.batchSize(Integer.parseInt(value));
      default ->
          faults.add(
              "'"
                  + Names.printable(name)
                  + "' is no setting of retention; there are priority, maxLength, maxAge,"
                  + " minRetentionTime, minRetentionCount, cleanupInterval and batchSize");
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetentionPolicy that && toMap().equals(that.toMap());
  }

  @Override
  public int hashCode() {
    return toMap().hashCode();
  }

  @Override
  public String toString() {
    return "RetentionPolicy" + toMap();
  }

  /** Collects the values; {@link #build()} checks them together. Not thread-safe. */
  public static final class Builder {
    private @Nullable Priority priority;
    private @Nullable Long maxLength;
    private @Nullable Duration maxAge;
    private @Nullable Duration minRetentionTime;
    private @Nullable Long minRetentionCount;
    private @Nullable Duration cleanupInterval;
    private @Nullable Integer batchSize;

    private Builder() {}

    /** With the settings of a policy. */
    Builder(RetentionPolicy from) {
      this.priority = from.priority;
      this.maxLength = from.maxLength;
      this.maxAge = from.maxAge;
      this.minRetentionTime = from.minRetentionTime;
      this.minRetentionCount = from.minRetentionCount;
      this.cleanupInterval = from.cleanupInterval;
      this.batchSize = from.batchSize;
    }

    /** Without checks, for one that checks it with the rest. */
    RetentionPolicy unchecked() {
      return new RetentionPolicy(this);
    }

    /** As {@link StreamConfig.Builder#priority}. */
    public Builder priority(Priority priority) {
      this.priority = priority;
      return this;
    }

    /** As {@link StreamConfig.Builder#maxLength}. */
    public Builder maxLength(long maxLength) {
      this.maxLength = maxLength;
      return this;
    }

    /** As {@link StreamConfig.Builder#maxAge}. */
    public Builder maxAge(Duration maxAge) {
      this.maxAge = maxAge;
      return this;
    }

    /** As {@link StreamConfig.Builder#minRetentionTime}. */
    public Builder minRetentionTime(Duration minRetentionTime) {
      this.minRetentionTime = minRetentionTime;
      return this;
    }

    /** As {@link StreamConfig.Builder#minRetentionCount}. */
    public Builder minRetentionCount(long minRetentionCount) {
      this.minRetentionCount = minRetentionCount;
      return this;
    }

    /** As {@link StreamConfig.Builder#cleanupInterval}. */
    public Builder cleanupInterval(Duration cleanupInterval) {
      this.cleanupInterval = cleanupInterval;
      return this;
    }

    /** As {@link StreamConfig.Builder#batchSize}. */
    public Builder batchSize(int batchSize) {
      this.batchSize = batchSize;
      return this;
    }

    /**
     * The policy.
     *
     * @throws InvalidConfigException with all faults
     */
    public RetentionPolicy build() {
      var faults = new ArrayList<String>();
      check(faults);
      if (!faults.isEmpty()) {
        throw new InvalidConfigException("build", "RetentionPolicy", faults);
      }
      return new RetentionPolicy(this);
    }

    void check(List<String> faults) {
      if (maxLength != null) {
        Check.range(faults, "maxLength", maxLength, 1, MOST_ENTRIES);
      }
      if (batchSize != null) {
        Check.range(faults, "batchSize", batchSize, 1, 100_000);
      }
      if (cleanupInterval != null) {
        Check.range(
            faults, "cleanupInterval", cleanupInterval, Duration.ofMillis(100), Duration.ofDays(1));
      }
      if (maxAge != null) {
        Check.range(faults, "maxAge", maxAge, Duration.ofMillis(1), LONGEST);
      }
      if (minRetentionTime != null) {
        Check.range(faults, "minRetentionTime", minRetentionTime, Duration.ZERO, LONGEST);
      }
      if (minRetentionCount != null) {
        Check.range(faults, "minRetentionCount", minRetentionCount, 0, MOST_ENTRIES);
      }
      if (maxAge != null && minRetentionTime != null && maxAge.compareTo(minRetentionTime) < 0) {
        faults.add(
            "maxAge "
                + maxAge
                + " is below minRetentionTime "
                + minRetentionTime
                + "; raise maxAge or lower the floor");
      }
      if (minRetentionCount != null && maxLength != null && maxLength < minRetentionCount) {
        faults.add(
            "maxLength "
                + maxLength
                + " is below minRetentionCount "
                + minRetentionCount
                + "; raise maxLength or lower the floor");
      }
    }
  }
}
