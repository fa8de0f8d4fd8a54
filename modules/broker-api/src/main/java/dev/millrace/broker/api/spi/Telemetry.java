package dev.millrace.broker.api.spi;

/**
 * Where measurements leave the modules that make them. Implementations are thread-safe and cheap.
 */
public interface Telemetry {
  /**
   * Counts.
   *
   * @param what the measure, in dotted lower case: {@code consumer.handled}
   * @param component the component's name
   * @param by how many
   */
  void count(String what, String component, long by);

  /** Times one operation. */
  void time(String what, String component, long nanos);

  /** Measures nothing. */
  static Telemetry none() {
    return NoTelemetry.INSTANCE;
  }
}
