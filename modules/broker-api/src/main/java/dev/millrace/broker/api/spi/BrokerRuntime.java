package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.StreamManager;
import java.util.ServiceLoader;

/**
 * What makes brokers and managers: the door from the api to the module that implements it, found by
 * {@link ServiceLoader}.
 */
public interface BrokerRuntime {
  /** A broker on the backend at this URL, which the broker owns. */
  Broker broker(String url, BrokerConfig config);

  /** A broker on a backend that the caller owns. */
  Broker broker(Backend backend, BrokerConfig config);

  /** A manager on the backend at this URL, which the manager owns. */
  StreamManager streams(String url, BrokerConfig config);

  /** A manager on a backend that the caller owns. */
  StreamManager streams(Backend backend, BrokerConfig config);

  /**
   * The runtime on the path.
   *
   * @throws InvalidStateException if there is none
   */
  static BrokerRuntime load() {
    return ServiceLoader.load(BrokerRuntime.class)
        .findFirst()
        .or(
            () ->
                ServiceLoader.load(BrokerRuntime.class, BrokerRuntime.class.getClassLoader())
                    .findFirst())
        .orElseThrow(
            () ->
                new InvalidStateException(
                    "connect",
                    "broker",
                    "there is no BrokerRuntime on the module or class path",
                    "Add dev.millrace:broker-manager to the application"));
  }
}
