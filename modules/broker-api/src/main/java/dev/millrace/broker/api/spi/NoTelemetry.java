package dev.millrace.broker.api.spi;

import java.util.function.LongSupplier;

/** Measures nothing. */
enum NoTelemetry implements Telemetry {
  INSTANCE;

  static final Measurements NOTHING =
      new Measurements() {
        @Override
        public void count(Measure what, long by) {}

        @Override
        public void time(Measure what, long nanos) {}

        @Override
        public void read(Measure what, LongSupplier now) {}

        @Override
        public void close() {}
      };

  @Override
  public Measurements of(String component, Measure.Part... parts) {
    return NOTHING;
  }
}
