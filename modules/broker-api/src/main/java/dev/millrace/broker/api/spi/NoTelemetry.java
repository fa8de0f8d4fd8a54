package dev.millrace.broker.api.spi;

/** Measures nothing. */
enum NoTelemetry implements Telemetry {
  INSTANCE;

  @Override
  public void count(String what, String component, long by) {}

  @Override
  public void time(String what, String component, long nanos) {}
}
