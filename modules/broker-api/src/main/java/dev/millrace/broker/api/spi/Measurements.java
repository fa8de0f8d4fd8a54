package dev.millrace.broker.api.spi;

import java.util.function.LongSupplier;

/**
 * The measurements of one component, from its beginning to its end. Thread-safe, and cheap enough
 * for each message. Nothing here blocks, and nothing fails but the use of a measure that is of
 * another kind or part, which is a mistake in the code ({@link IllegalArgumentException}).
 */
public interface Measurements extends AutoCloseable {
  /** Adds to a {@link Measure.Kind#COUNT}. */
  void count(Measure what, long by);

  /** Tells how long one operation took, for a {@link Measure.Kind#TIME}. */
  void time(Measure what, long nanos);

  /**
   * Has a {@link Measure.Kind#LEVEL}, or a {@link Measure.Kind#COUNT} that the component keeps for
   * itself, read from here whenever somebody looks: measuring costs nothing until then.
   *
   * @param now must not block or throw; of a count, never less than before; of a level, -1 stands
   *     for unknown
   */
  void read(Measure what, LongSupplier now);

  /** The component is closed: its measures are gone, and what is told later is lost. Idempotent. */
  @Override
  void close();

  /** Measures nothing. */
  static Measurements none() {
    return NoTelemetry.NOTHING;
  }
}
