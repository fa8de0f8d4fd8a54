package dev.millrace.broker.manager.dagger;

import com.codahale.metrics.MetricRegistry;
import dagger.Module;
import dagger.Provides;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.InstanceNames;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.manager.DefaultBroker;
import dev.millrace.broker.manager.DefaultStreamManager;
import dev.millrace.broker.manager.Providers;
import dev.millrace.broker.manager.metrics.Jmx;
import dev.millrace.broker.manager.metrics.Metrics;
import dev.millrace.broker.streams.StreamsContext;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Provides a {@link Broker} and its {@link StreamManager}, and the {@link MetricRegistry} they
 * measure into. Both belong to one component instance; closing the broker closes them.
 */
@Module
public final class MillraceModule {
  /** How long an administrative call, such as starting a consumer, waits for the backend. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final @Nullable String url;
  private final @Nullable Backend given;
  private final BrokerConfig config;
  private final Telemetry telemetry;

  private MillraceModule(
      @Nullable String url, @Nullable Backend given, BrokerConfig config, Telemetry telemetry) {
    this.url = url;
    this.given = given;
    this.config = config;
    this.telemetry = telemetry;
  }

  /** On the backend at this URL, which closes with the broker. */
  public static MillraceModule connecting(String url, BrokerConfig config) {
    return new MillraceModule(url, null, config, telemetry(config));
  }

  /** On a backend of the caller's, which the caller closes. */
  public static MillraceModule on(Backend backend, BrokerConfig config) {
    return new MillraceModule(null, backend, config, telemetry(config));
  }

  /** The same, measuring into a registry of the application's, whatever the configuration says. */
  public MillraceModule withMetrics(MetricRegistry registry) {
    return new MillraceModule(url, given, config, Metrics.in(registry));
  }

  private static Telemetry telemetry(BrokerConfig config) {
    return config.telemetry().orElseGet(() -> Metrics.in(new MetricRegistry()));
  }

  /** Empty where the configuration's telemetry is none of Dropwizard's. */
  @Provides
  MetricRegistry metrics() {
    return Metrics.registry(telemetry).orElseGet(MetricRegistry::new);
  }

  @Provides
  Telemetry telemetry() {
    return telemetry;
  }

  @Provides
  @Singleton
  Backend backend(Telemetry telemetry) {
    if (given != null) {
      return given;
    }
    var context =
        new BackendContext(
            config.appName(), InstanceNames.unique(), BrokerClock.system(), telemetry);
    return Providers.open(java.util.Objects.requireNonNull(url), context);
  }

  @Provides
  @Singleton
  PayloadCodec codec() {
    return config.codec().orElseGet(Providers::codec);
  }

  @Provides
  @Singleton
  StreamManager streams(Backend backend, PayloadCodec codec, Telemetry telemetry) {
    var context =
        new StreamsContext(
            backend,
            codec,
            backend.context().clock(),
            new SecureRandom(),
            telemetry,
            config.maxMessageBytes(),
            config.shutdownDeadline(),
            PATIENCE);
    Runnable closed = () -> {};
    try {
      closed = shown(backend);
      return new DefaultStreamManager(config, context, given == null, closed);
    } catch (RuntimeException cannotStart) {
      closed.run();
      if (given == null) {
        backend.close();
      }
      throw cannotStart;
    }
  }

  /** By JMX, if that is wanted, until what is returned is run. */
  private Runnable shown(Backend backend) {
    return config.jmx()
        ? Jmx.open(
                telemetry,
                config.appName(),
                backend.context().instance(),
                ManagementFactory.getPlatformMBeanServer())
            ::close
        : () -> {};
  }

  @Provides
  @Singleton
  Broker broker(StreamManager streams) {
    try {
      return new DefaultBroker(config, streams);
    } catch (RuntimeException cannotStart) {
      streams.close();
      throw cannotStart;
    }
  }
}
