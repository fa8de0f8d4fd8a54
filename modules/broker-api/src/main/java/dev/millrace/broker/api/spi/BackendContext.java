package dev.millrace.broker.api.spi;

/**
 * What a backend is given by whoever opens it.
 *
 * @param appName the application's name, shown to the server
 * @param instance the name of this instance, unique over all processes; the default consumer name
 * @param clock where time comes from
 * @param telemetry where measurements go
 */
public record BackendContext(
    String appName, String instance, BrokerClock clock, Telemetry telemetry) {
  /** A context for tests and tools: a unique instance name, the system's clock, no measurements. */
  public static BackendContext standalone(String appName) {
    return new BackendContext(
        appName, InstanceNames.unique(), BrokerClock.system(), Telemetry.none());
  }
}
