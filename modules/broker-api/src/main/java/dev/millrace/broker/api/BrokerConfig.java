package dev.millrace.broker.api;

import dev.millrace.broker.api.spi.TaskScheduling;
import dev.millrace.broker.api.spi.Telemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link Broker} or {@link StreamManager}. Immutable; {@link Builder#build()} reports
 * all faults at once.
 */
public final class BrokerConfig {
  private static final String DEFAULT_GROUP = "workers";

  private final String appName;
  private final String stream;
  private final @Nullable StreamConfig streamConfig;
  private final String consumerGroup;
  private final boolean groupChosen;
  private final int maxJobs;
  private final int maxRequests;
  private final Duration resultsKept;
  private final Duration lease;
  private final RetryPolicy retry;
  private final Duration shutdownDeadline;
  private final @Nullable PayloadCodec codec;
  private final long maxMessageBytes;
  private final @Nullable JournalConfig journal;
  private final Map<String, RetentionPolicy> retention;
  private final @Nullable String scheduling;
  private final @Nullable TaskScheduling ownScheduling;
  private final List<SendInterceptor> sendInterceptors;
  private final List<HandleInterceptor> handleInterceptors;
  private final @Nullable Telemetry telemetry;
  private final boolean jmx;

  private BrokerConfig(Builder b) {
    this.appName = b.appName;
    this.stream = b.stream;
    this.streamConfig = b.streamConfig;
    this.consumerGroup = b.consumerGroup == null ? DEFAULT_GROUP : b.consumerGroup;
    this.groupChosen = b.consumerGroup != null;
    this.maxJobs = b.maxJobs;
    this.maxRequests = b.maxRequests;
    this.resultsKept = b.resultsKept;
    this.lease = b.lease;
    this.retry = b.retry;
    this.shutdownDeadline = b.shutdownDeadline;
    this.codec = b.codec;
    this.maxMessageBytes = b.maxMessageBytes;
    this.journal = b.journal;
    this.retention = Collections.unmodifiableMap(new LinkedHashMap<>(b.retention));
    this.scheduling = b.scheduling;
    this.ownScheduling = b.ownScheduling;
    this.sendInterceptors = List.copyOf(b.sendInterceptors);
    this.handleInterceptors = List.copyOf(b.handleInterceptors);
    this.telemetry = b.telemetry;
    this.jmx = b.jmx;
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The application's name, shown in logs and to the backend. */
  public String appName() {
    return appName;
  }

  /** The stream of tasks. */
  public String stream() {
    return stream;
  }

  /**
   * How that stream is kept. Unless given: the defaults, and the consumer group is declared only
   * where it was chosen, so that a broker that just sends declares no group that nobody reads for.
   */
  public StreamConfig streamConfig() {
    if (streamConfig != null) {
      return streamConfig;
    }
    var builder = StreamConfig.builder(stream);
    return groupChosen ? builder.groups(consumerGroup).build() : builder.build();
  }

  /** The group that shares the tasks, and the default group of consumers. */
  public String consumerGroup() {
    return consumerGroup;
  }

  /** The most tasks handled at once in this process. */
  public int maxJobs() {
    return maxJobs;
  }

  /** The most requests answered at once in this process. */
  public int maxRequests() {
    return maxRequests;
  }

  /** How long the result of a request is kept for calls with the same id. */
  public Duration resultsKept() {
    return resultsKept;
  }

  /** How long a task belongs to this process without renewal. */
  public Duration lease() {
    return lease;
  }

  /** What happens to a task whose handler failed. */
  public RetryPolicy retry() {
    return retry;
  }

  /** How long closing waits for handlers. */
  public Duration shutdownDeadline() {
    return shutdownDeadline;
  }

  /** The codec; empty: the one found on the path. */
  public Optional<PayloadCodec> codec() {
    return Optional.ofNullable(codec);
  }

  /** The largest message, in bytes of all its fields and headers. */
  public long maxMessageBytes() {
    return maxMessageBytes;
  }

  /** The journal of backup producers; empty: not chosen. */
  public Optional<JournalConfig> journal() {
    return Optional.ofNullable(journal);
  }

  /** Defaults of retention by pattern, in the order in which they were given. */
  public Map<String, RetentionPolicy> retention() {
    return retention;
  }

  /** The name of what runs periodic work; empty: what is found on the path, or the JDK's timers. */
  public Optional<String> scheduling() {
    return Optional.ofNullable(scheduling);
  }

  /** The application's own means to run periodic work, which it closes itself; empty: none. */
  public Optional<TaskScheduling> ownScheduling() {
    return Optional.ofNullable(ownScheduling);
  }

  /** What sees all that is sent, from the outermost to the innermost; unmodifiable. */
  public List<SendInterceptor> sendInterceptors() {
    return sendInterceptors;
  }

  /** What wraps all handlers, from the outermost to the innermost; unmodifiable. */
  public List<HandleInterceptor> handleInterceptors() {
    return handleInterceptors;
  }

  /** Where measurements go; empty: into a registry of the manager's own. */
  public Optional<Telemetry> telemetry() {
    return Optional.ofNullable(telemetry);
  }

  /** Whether measurements are shown by JMX. */
  public boolean jmx() {
    return jmx;
  }

  /** By all settings; codecs and interceptors are equal as they say themselves. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BrokerConfig that && settings().equals(that.settings());
  }

  @Override
  public int hashCode() {
    return settings().hashCode();
  }

  /** All settings; none is secret. */
  @Override
  public String toString() {
    return "BrokerConfig" + settings();
  }

  private List<Object> settings() {
    return List.of(
        appName,
        streamConfig(),
        consumerGroup,
        groupChosen,
        maxJobs,
        maxRequests,
        resultsKept,
        lease,
        retry,
        shutdownDeadline,
        codec(),
        maxMessageBytes,
        journal(),
        retention,
        scheduling(),
        ownScheduling(),
        sendInterceptors,
        handleInterceptors,
        telemetry(),
        jmx);
  }

  /** Collects the values; {@link #build()} checks them together. Not thread-safe. */
  public static final class Builder {
    private String appName = "millrace";
    private String stream = "tasks";
    private @Nullable StreamConfig streamConfig;
    private @Nullable String consumerGroup;
    private int maxJobs = 10;
    private int maxRequests = 10;
    private Duration resultsKept = Duration.ofSeconds(30);
    private Duration lease = Duration.ofSeconds(30);
    private RetryPolicy retry = RetryPolicy.defaults();
    private Duration shutdownDeadline = Duration.ofSeconds(30);
    private @Nullable PayloadCodec codec;
    private long maxMessageBytes = 1 << 20;
    private @Nullable JournalConfig journal;
    private final Map<String, RetentionPolicy> retention = new LinkedHashMap<>();
    private @Nullable String scheduling;
    private @Nullable TaskScheduling ownScheduling;
    private final List<SendInterceptor> sendInterceptors = new ArrayList<>();
    private final List<HandleInterceptor> handleInterceptors = new ArrayList<>();
    private @Nullable Telemetry telemetry;
    private boolean jmx;

    private Builder() {}

    /** The application's name, shown in logs and to the backend. Default "millrace". */
    public Builder appName(String appName) {
      this.appName = appName;
      return this;
    }

    /** The stream of tasks. Default "tasks". */
    public Builder stream(String stream) {
      this.stream = stream;
      this.streamConfig = null;
      return this;
    }

    /** The stream of tasks with all its settings. */
    public Builder stream(StreamConfig stream) {
      this.stream = stream.name();
      this.streamConfig = stream;
      return this;
    }

    /** The group that shares the tasks, and the default group of consumers. Default "workers". */
    public Builder consumerGroup(String consumerGroup) {
      this.consumerGroup = consumerGroup;
      return this;
    }

    /** The most tasks handled at once in this process, 1 to 10,000. Default 10. */
    public Builder maxJobs(int maxJobs) {
      this.maxJobs = maxJobs;
      return this;
    }

    /**
     * The most requests answered at once in this process, 1 to 10,000; beside the tasks, so that a
     * task may wait for a request. Default 10.
     */
    public Builder maxRequests(int maxRequests) {
      this.maxRequests = maxRequests;
      return this;
    }

    /**
     * How long the result of a request is kept for calls with the same id, and how long after its
     * deadline the id is remembered where there is no result; 100 ms to 1 day. Default 30 s.
     */
    public Builder resultsKept(Duration resultsKept) {
      this.resultsKept = resultsKept;
      return this;
    }

    /**
     * How long a task, a request or a durable event belongs to this process without renewal; see
     * {@link ConsumerConfig.Builder#lease}. Default 30 s.
     */
    public Builder lease(Duration lease) {
      this.lease = lease;
      return this;
    }

    /**
     * What happens to a task or a durable event whose handler failed. Default: {@link
     * RetryPolicy#defaults()}.
     */
    public Builder retry(RetryPolicy retry) {
      this.retry = retry;
      return this;
    }

    /** How long closing waits for handlers, zero to 1 day. Default 30 s. */
    public Builder shutdownDeadline(Duration shutdownDeadline) {
      this.shutdownDeadline = shutdownDeadline;
      return this;
    }

    /** The codec for payloads. Default: the one found on the path. */
    public Builder codec(PayloadCodec codec) {
      this.codec = codec;
      return this;
    }

    /**
     * The largest message, in bytes of all its fields and headers, 1 KiB to 512 MiB. Default 1 MiB.
     */
    public Builder maxMessageBytes(long maxMessageBytes) {
      this.maxMessageBytes = maxMessageBytes;
      return this;
    }

    /**
     * The journal of backup producers. Default: in {@code .millrace/journal/} and the application's
     * name in the user's home directory, made by the first backup producer; on a backend in this
     * process's own memory, none.
     */
    public Builder journal(JournalConfig journal) {
      this.journal = journal;
      return this;
    }

    /**
     * Defaults of retention for streams whose names match. What a {@link StreamConfig} sets itself
     * beats them; where several match, the one given first beats the others, setting by setting.
     *
     * @param pattern a name, in which {@code *} stands for any characters: {@code logs.*}; dead
     *     letters match as they are named, {@code {orders}:dead:billing}
     */
    public Builder retention(String pattern, RetentionPolicy defaults) {
      retention.put(pattern, defaults);
      return this;
    }

    /**
     * What runs periodic work such as cleaning: {@code jdk}, or the name of a {@link
     * TaskScheduling.Provider} on the path such as {@code micronaut}. Default: the provider on the
     * path if there is exactly one, else {@code jdk}; and {@code jdk} on a backend whose clock is
     * not the system's, because that clock's timers are the ones that keep its time.
     */
    public Builder scheduling(String name) {
      this.scheduling = name;
      this.ownScheduling = null;
      return this;
    }

    /**
     * What runs periodic work such as cleaning: the application's own. Its timers have to run until
     * everything that uses it is shut down; closing it is the application's. Replaces {@link
     * #scheduling(String)}, and is replaced by it.
     */
    public Builder scheduling(TaskScheduling scheduling) {
      this.ownScheduling = scheduling;
      this.scheduling = null;
      return this;
    }

    /**
     * Has everything that is sent pass an interceptor, with this broker or manager and in whichever
     * pattern. The first one registered is the outermost; the same one twice is a fault. Default:
     * none, at no cost.
     */
    public Builder interceptSend(SendInterceptor interceptor) {
      sendInterceptors.add(interceptor);
      return this;
    }

    /**
     * Where measurements go: {@code Metrics.in(registry)} of the module {@code broker-manager} for
     * a registry of the application's, {@link Telemetry#none()} for nowhere. Default: into a
     * registry of the manager's own, which {@code Metrics.registry(manager.telemetry())} has.
     */
    public Builder telemetry(Telemetry telemetry) {
      this.telemetry = telemetry;
      return this;
    }

    /**
     * Wraps every handler of this broker or manager, of whichever pattern, in an interceptor. The
     * first one registered is the outermost; the same one twice is a fault. Default: none, at no
     * cost.
     */
    public Builder interceptHandle(HandleInterceptor interceptor) {
      handleInterceptors.add(interceptor);
      return this;
    }

    /**
     * Whether measurements are shown by JMX, in the domain {@code dev.millrace}, until the manager
     * is shut down. Connecting refuses it where measurements go to no registry. Default false.
     */
    public Builder jmx(boolean jmx) {
      this.jmx = jmx;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws InvalidConfigException with all faults
     */
    public BrokerConfig build() {
      var faults = new ArrayList<String>();
      Names.faultOf("appName", appName).ifPresent(faults::add);
      Names.faultOf("stream name", stream).ifPresent(faults::add);
      if (consumerGroup != null) {
        Names.faultOf("group name", consumerGroup).ifPresent(faults::add);
      }
      Check.range(faults, "maxJobs", maxJobs, 1, 10_000);
      Check.range(faults, "maxRequests", maxRequests, 1, 10_000);
      Check.range(faults, "resultsKept", resultsKept, Duration.ofMillis(100), Duration.ofDays(1));
      Check.range(faults, "lease", lease, Duration.ofMillis(100), Duration.ofDays(1));
      Check.range(faults, "shutdownDeadline", shutdownDeadline, Duration.ZERO, Duration.ofDays(1));
      Check.range(faults, "maxMessageBytes", maxMessageBytes, 1024, 512L << 20);
      if (journal != null) {
        journal.check(faults);
      }
      checkInterceptors(faults, "send", sendInterceptors);
      checkInterceptors(faults, "handle", handleInterceptors);
      retention.keySet().stream()
          .filter(pattern -> pattern.isBlank() || pattern.length() > Names.MAX_BYTES)
          .forEach(
              pattern ->
                  faults.add(
                      "retention pattern '"
                          + Names.printable(pattern)
                          + "' is no pattern; give it 1 to "
                          + Names.MAX_BYTES
                          + " characters, as logs.*"));
      if (!faults.isEmpty()) {
        throw new InvalidConfigException("build", "BrokerConfig", faults);
      }
      return new BrokerConfig(this);
    }

    private static void checkInterceptors(List<String> faults, String side, List<?> all) {
      Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
      for (int i = 0; i < all.size(); i++) {
        Object interceptor = all.get(i);
        if (interceptor == null) {
          faults.add(side + " interceptor " + (i + 1) + " is null; leave it out");
        } else if (!seen.add(interceptor)) {
          faults.add(
              side
                  + " interceptor "
                  + (i + 1)
                  + " ("
                  + interceptor.getClass().getName()
                  + ") is registered before; register each once");
        }
      }
    }
  }
}
