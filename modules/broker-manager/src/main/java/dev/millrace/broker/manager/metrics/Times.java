package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.Clock;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Timer;
import java.util.concurrent.TimeUnit;

/**
 * A timer for which measuring costs one count: how often and how fast is read from {@link
 * Durations}, too. Thread-safe.
 */
final class Times extends Timer {
  private final Durations durations;
  private final Flow rates;

  Times(Clock clock) {
    this(new Durations(clock), clock);
  }

  private Times(Durations durations, Clock clock) {
    super(new Flow(clock), new Histogram(durations), clock); // whose counts nobody asks for
    this.durations = durations;
    this.rates = new Flow(clock);
    rates.add(durations::count);
  }

  /** A time that ended before it began is none, as with other timers. */
  void took(long nanos) {
    if (nanos >= 0) {
      durations.update(nanos);
    }
  }

  @Override
  public void update(long duration, TimeUnit unit) {
    took(unit.toNanos(duration));
  }

  @Override
  public long getCount() {
    return rates.getCount();
  }

  @Override
  public double getMeanRate() {
    return rates.getMeanRate();
  }

  @Override
  public double getOneMinuteRate() {
    return rates.getOneMinuteRate();
  }

  @Override
  public double getFiveMinuteRate() {
    return rates.getFiveMinuteRate();
  }

  @Override
  public double getFifteenMinuteRate() {
    return rates.getFifteenMinuteRate();
  }
}
