package dev.millrace.broker.api.spi;

/**
 * Where measurements leave the modules that make them. What there is to measure is {@link Measure}.
 * Thread-safe.
 */
public interface Telemetry {
  /**
   * Begins to measure a component: all measures of these parts are there from now on, at zero,
   * until what is returned is closed. Components of one name are measured together: their counts
   * and levels are added up.
   *
   * @param component its name, any text
   * @param parts what it is: only measures of these can be made
   */
  Measurements of(String component, Measure.Part... parts);

  /** Measures nothing. */
  static Telemetry none() {
    return NoTelemetry.INSTANCE;
  }
}
