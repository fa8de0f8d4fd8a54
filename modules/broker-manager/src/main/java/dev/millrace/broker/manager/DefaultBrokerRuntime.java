package dev.millrace.broker.manager;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerRuntime;
import dev.millrace.broker.manager.dagger.MillraceModule;

/** Makes brokers and managers, each with an object graph of its own. */
public final class DefaultBrokerRuntime implements BrokerRuntime {
  /** For {@link java.util.ServiceLoader}. */
  public DefaultBrokerRuntime() {}

  @Override
  public Broker broker(String url, BrokerConfig config) {
    return graph(MillraceModule.connecting(url, config)).broker();
  }

  @Override
  public Broker broker(Backend backend, BrokerConfig config) {
    return graph(MillraceModule.on(backend, config)).broker();
  }

  @Override
  public StreamManager streams(String url, BrokerConfig config) {
    return graph(MillraceModule.connecting(url, config)).streams();
  }

  @Override
  public StreamManager streams(Backend backend, BrokerConfig config) {
    return graph(MillraceModule.on(backend, config)).streams();
  }

  private static BrokerGraph graph(MillraceModule module) {
    return DaggerBrokerGraph.builder().millraceModule(module).build();
  }
}
