package dev.millrace.broker.api;

import dev.millrace.broker.api.spi.ChannelPattern;
import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription listens to, and how. Immutable; {@link Builder#build()} checks everything and
 * reports all faults at once.
 */
public final class SubscriptionConfig {
  private final ChannelPattern channel;
  private final int concurrency;
  private final boolean inOrder;
  private final int buffer;
  private final EventOverflow overflow;
  private final @Nullable String durable;
  private final boolean autoStart;

  private SubscriptionConfig(Builder b) {
    this.channel = b.pattern ? ChannelPattern.of(b.channel) : ChannelPattern.exactly(b.channel);
    this.concurrency = b.concurrency;
    this.inOrder = b.inOrder;
    this.buffer = b.buffer;
    this.overflow = b.overflow;
    this.durable = b.durable;
    this.autoStart = b.autoStart;
  }

  /** The defaults for one channel. */
  public static SubscriptionConfig of(String channel) {
    return channel(channel).build();
  }

  /** A builder for one channel, whatever characters its name has. */
  public static Builder channel(String channel) {
    return new Builder(channel, false);
  }

  /**
   * A builder for all channels that match: {@code *} stands for one segment between dots, {@code
   * **} at the end for one or more.
   */
  public static Builder pattern(String pattern) {
    return new Builder(pattern, true);
  }

  /** A builder with this configuration's values. */
  public Builder toBuilder() {
    return copyOf(channel.text());
  }

  /** The same for a channel or pattern that has this in front: {@code "orders."}. */
  public SubscriptionConfig under(String prefix) {
    return prefix.isEmpty() ? this : copyOf(prefix + channel.text()).build();
  }

  private Builder copyOf(String text) {
    var copy = new Builder(text, !channel.exact());
    copy.concurrency = concurrency;
    copy.inOrder = inOrder;
    copy.buffer = buffer;
    copy.overflow = overflow;
    copy.durable = durable;
    copy.autoStart = autoStart;
    return copy;
  }

  /** What it listens to. */
  public ChannelPattern channel() {
    return channel;
  }

  /** How many handlers run at once. */
  public int concurrency() {
    return concurrency;
  }

  /** Whether events of one channel are handled one after the other. */
  public boolean inOrder() {
    return inOrder;
  }

  /** How many events may wait for a handler. */
  public int buffer() {
    return buffer;
  }

  /** What happens to an event for which there is no room. */
  public EventOverflow overflow() {
    return overflow;
  }

  /** The name under which events are kept for it; empty: it is live. */
  public Optional<String> durable() {
    return Optional.ofNullable(durable);
  }

  /** Whether it is started when it is made. */
  public boolean autoStart() {
    return autoStart;
  }

  @Override
  public String toString() {
    return "SubscriptionConfig[channel="
        + channel
        + ", concurrency="
        + concurrency
        + ", inOrder="
        + inOrder
        + ", buffer="
        + buffer
        + ", overflow="
        + overflow
        + durable().map(name -> ", durable=" + name).orElse("")
        + "]";
  }

  /** Collects the values; {@link #build()} checks them together. Not thread-safe. */
  public static final class Builder {
    private final String channel;
    private final boolean pattern;
    private int concurrency = 16;
    private boolean inOrder;
    private int buffer = 1_024;
    private EventOverflow overflow = EventOverflow.DROP_OLDEST;
    private @Nullable String durable;
    private boolean autoStart = true;

    private Builder(String channel, boolean pattern) {
      this.channel = channel;
      this.pattern = pattern;
    }

    /**
     * How many handlers run at once, each on a virtual thread of its own, 1 to 10,000. Default 16.
     * A thread whose handlers are quick handles up to 128 events one after the other: what a
     * handler puts into a ThreadLocal or a logging context it must take out again.
     */
    public Builder concurrency(int concurrency) {
      this.concurrency = concurrency;
      return this;
    }

    /**
     * Handles the events of each channel one after the other, in the order in which they came;
     * different channels still go side by side. Default false.
     *
     * <p>Of a {@linkplain #durable durable} subscription this makes one handler at a time in this
     * process, and no more: an event that is tried again comes behind later ones, and processes
     * that share the name handle different events at the same time.
     */
    public Builder inOrder(boolean inOrder) {
      this.inOrder = inOrder;
      return this;
    }

    /** How many events may wait for a handler, 1 to 1,000,000. Default 1,024. */
    public Builder buffer(int buffer) {
      this.buffer = buffer;
      return this;
    }

    /** What happens to an event for which there is no room. Default DROP_OLDEST. */
    public Builder overflow(EventOverflow overflow) {
      this.overflow = overflow;
      return this;
    }

    /**
     * Keeps the channel's events from the first start on for this name, in a stream, until it has
     * handled them: at least once, also those published while no process listened. Processes with
     * one name share the events. Events wait for the name until it has handled them, also when no
     * process uses it any more: end it with {@link StreamManager#forgetDurable}. Not for patterns.
     * Default: not kept.
     */
    public Builder durable(String name) {
      this.durable = name;
      return this;
    }

    /** Whether it is started when it is made. Default true. */
    public Builder autoStart(boolean autoStart) {
      this.autoStart = autoStart;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws InvalidConfigException with all faults
     */
    public SubscriptionConfig build() {
      var faults = new ArrayList<String>();
      Names.faultOf(pattern ? "pattern of channels" : "channel", channel).ifPresent(faults::add);
      Check.range(faults, "concurrency", concurrency, 1, 10_000);
      Check.range(faults, "buffer", buffer, 1, 1_000_000);
      if (durable != null) {
        Names.faultOf("durable name", durable).ifPresent(faults::add);
        if (pattern) {
          faults.add(
              "a durable subscription is of one channel, and '"
                  + Names.printable(channel)
                  + "' is a pattern; make one for each channel");
        }
      }
      if (!faults.isEmpty()) {
        throw new InvalidConfigException("build", "SubscriptionConfig", faults);
      }
      return new SubscriptionConfig(this);
    }
  }
}
