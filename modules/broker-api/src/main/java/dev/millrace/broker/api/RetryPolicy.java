package dev.millrace.broker.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What happens to a message whose handler threw: tried again after a growing delay, and after the
 * last attempt moved to the dead-letter stream. Kinds of error may have policies of their own.
 * Crashes of the process are counted apart from failures. Immutable. Defaults: 5 attempts, 3
 * crashes, delays from 1 s doubling to at most 5 min, jitter 0.2, no rules for single kinds.
 */
public final class RetryPolicy {
  private static final RetryPolicy DEFAULT = builder().build();

  private final int maxAttempts;
  private final int maxCrashes;
  private final Duration firstDelay;
  private final Duration maxDelay;
  private final double multiplier;
  private final double jitter;
  private final Map<Class<? extends Throwable>, RetryPolicy> rules;

  private RetryPolicy(Builder builder) {
    this.maxAttempts = builder.maxAttempts;
    this.maxCrashes = builder.maxCrashes;
    this.firstDelay = builder.firstDelay;
    this.maxDelay = builder.maxDelay;
    this.multiplier = builder.multiplier;
    this.jitter = builder.jitter;
    this.rules = Map.copyOf(builder.rules);
  }

  /** The defaults. */
  public static RetryPolicy defaults() {
    return DEFAULT;
  }

  /** The first failure is the last: to the dead-letter stream at once. */
  public static RetryPolicy none() {
    return builder().maxAttempts(1).build();
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * How many attempts a message gets in all, from 1. Those that ended because their process died or
   * gave the message back are not counted, where the backend can tell.
   */
  public int maxAttempts() {
    return maxAttempts;
  }

  /**
   * How many times a message may take its process down, from 1. Only deaths while the message was
   * handled alone in its process are counted, so that one bad message does not condemn those that
   * were with it.
   *
   * <p>Messages recovered from a dead process are therefore first handled one at a time in each
   * process: each alone until it ends, for at most 10 s or a lease, whichever is shorter; then the
   * next begins beside it.
   */
  public int maxCrashes() {
    return maxCrashes;
  }

  /** The policies of single kinds of error. */
  public Map<Class<? extends Throwable>, RetryPolicy> rules() {
    return rules;
  }

  /** The policy for an error: that of its class or nearest superclass with one, or else this. */
  public RetryPolicy policyFor(Throwable error) {
    if (rules.isEmpty()) {
      return this;
    }
    for (Class<?> type = error.getClass(); type != null; type = type.getSuperclass()) {
      RetryPolicy rule = rules.get(type);
      if (rule != null) {
        return rule;
      }
    }
    return this;
  }

  /** The delay after the first failure. */
  public Duration firstDelay() {
    return firstDelay;
  }

  /** The longest delay. */
  public Duration maxDelay() {
    return maxDelay;
  }

  /** By what each delay is longer than the one before. */
  public double multiplier() {
    return multiplier;
  }

  /** The share of a delay, 0 to 1, that is random: 0.2 means between 80 % and 120 % of it. */
  public double jitter() {
    return jitter;
  }

  /**
   * The delay after a failed attempt.
   *
   * @param attempt the attempt that failed, from 1
   * @param random a number in [0, 1) from the caller's source
   */
  public Duration delayAfter(int attempt, double random) {
    double most = (double) maxDelay.toNanos();
    double grown = firstDelay.toNanos() * Math.pow(multiplier, Math.max(0, attempt - 1));
    double spread = Math.min(grown, most) * (1 + jitter * (2 * random - 1));
    return Duration.ofNanos((long) Math.min(spread, most));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RetryPolicy that
        && maxAttempts == that.maxAttempts
        && maxCrashes == that.maxCrashes
        && rules.equals(that.rules)
        && firstDelay.equals(that.firstDelay)
        && maxDelay.equals(that.maxDelay)
        && multiplier == that.multiplier
        && jitter == that.jitter;
  }

  @Override
  public int hashCode() {
    return java.util.Objects.hash(
        maxAttempts, maxCrashes, rules, firstDelay, maxDelay, multiplier, jitter);
  }

  @Override
  public String toString() {
    return "RetryPolicy[maxAttempts=%d, maxCrashes=%d, %s..%s x%s, jitter=%s%s]"
        .formatted(
            maxAttempts,
            maxCrashes,
            firstDelay,
            maxDelay,
            multiplier,
            jitter,
            rules.isEmpty() ? "" : ", rules=" + rules);
  }

  /** Collects the values; {@link #build()} reports all faults at once. Not thread-safe. */
  public static final class Builder {
    private int maxAttempts = 5;
    private int maxCrashes = 3;
    private final Map<Class<? extends Throwable>, RetryPolicy> rules = new LinkedHashMap<>();
    private Duration firstDelay = Duration.ofSeconds(1);
    private Duration maxDelay = Duration.ofMinutes(5);
    private double multiplier = 2;
    private double jitter = 0.2;

    private Builder() {}

    /** Attempts in all, from 1. Default 5. */
    public Builder maxAttempts(int maxAttempts) {
      this.maxAttempts = maxAttempts;
      return this;
    }

    /**
     * How many times a message may take its process down, from 1. Default 3. Counted only where the
     * backend has leases and notes.
     */
    public Builder maxCrashes(int maxCrashes) {
      this.maxCrashes = maxCrashes;
      return this;
    }

    /**
     * A policy for errors of this class and its subclasses; of several that fit, that of the most
     * specific class counts. Failures are counted together whatever their kind; the policy of the
     * latest one decides. Its {@code maxCrashes} has no effect, and it has no rules of its own.
     */
    public Builder on(Class<? extends Throwable> error, RetryPolicy policy) {
      rules.put(error, policy);
      return this;
    }

    /** Errors of this class are not tried again: to the dead-letter stream at once. */
    public Builder deadLetterOn(Class<? extends Throwable> error) {
      return on(error, none());
    }

    /** The delay after the first failure, zero or more. Default 1 s. */
    public Builder firstDelay(Duration firstDelay) {
      this.firstDelay = firstDelay;
      return this;
    }

    /** The longest delay, at least the first one, at most 30 days. Default 5 min. */
    public Builder maxDelay(Duration maxDelay) {
      this.maxDelay = maxDelay;
      return this;
    }

    /** By what each delay grows, from 1. Default 2. */
    public Builder multiplier(double multiplier) {
      this.multiplier = multiplier;
      return this;
    }

    /** The random share, 0 to 1. Default 0.2. */
    public Builder jitter(double jitter) {
      this.jitter = jitter;
      return this;
    }

    /**
     * The policy.
     *
     * @throws InvalidConfigException with all faults
     */
    public RetryPolicy build() {
      List<String> faults = faults();
      if (!faults.isEmpty()) {
        throw new InvalidConfigException("build", "RetryPolicy", faults);
      }
      return new RetryPolicy(this);
    }

    private List<String> faults() {
      var faults = new ArrayList<String>();
      Check.range(faults, "maxAttempts", maxAttempts, 1, 10_000);
      Check.range(faults, "maxCrashes", maxCrashes, 1, 10_000);
      rules.forEach(
          (error, rule) -> {
            if (!rule.rules.isEmpty()) {
              faults.add(
                  "the policy on "
                      + error.getSimpleName()
                      + " has rules of its own; give them to this policy");
            }
          });
      Check.range(faults, "firstDelay", firstDelay, Duration.ZERO, Duration.ofDays(30));
      Check.range(faults, "maxDelay", maxDelay, Duration.ZERO, Duration.ofDays(30));
      if (firstDelay.compareTo(maxDelay) > 0) {
        faults.add(
            "firstDelay " + firstDelay + " is above maxDelay " + maxDelay + "; raise maxDelay");
      }
      if (!(multiplier >= 1 && multiplier <= 100)) {
        faults.add("multiplier is " + multiplier + "; it goes from 1 to 100");
      }
      if (!(jitter >= 0 && jitter <= 1)) {
        faults.add("jitter is " + jitter + "; it goes from 0 to 1");
      }
      return faults;
    }
  }
}
