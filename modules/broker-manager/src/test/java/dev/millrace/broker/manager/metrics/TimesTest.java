package dev.millrace.broker.manager.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.codahale.metrics.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TimesTest {
  private long now;
  private final Times times =
      new Times(
          new Clock() {
            @Override
            public long getTick() {
              return now;
            }
          });

  @Test
  void eachWayOfMeasuringCountsOnce() throws Exception {
    times.took(1);
    times.update(1, TimeUnit.MILLISECONDS);
    times.update(Duration.ofSeconds(1));
    times.time(() -> {});
    times.timeSupplier(() -> 1);
    assertEquals(2, times.time(() -> 2));
    times.time().stop();
    assertEquals(7, times.getCount());
  }

  @Test
  void ratesAreThoseOfWhatWasMeasured() {
    for (int i = 0; i < 100; i++) {
      times.took(i);
    }
    now += TimeUnit.SECONDS.toNanos(10);
    assertEquals(10, times.getMeanRate());
    assertEquals(10, times.getOneMinuteRate());
    assertEquals(10, times.getFiveMinuteRate());
    assertEquals(10, times.getFifteenMinuteRate());
  }

  @Test
  void whatEndedBeforeItBeganIsNotMeasured() {
    times.took(-1);
    times.update(-1, TimeUnit.SECONDS);
    times.update(Duration.ofSeconds(-1));
    assertEquals(0, times.getCount());
  }
}
