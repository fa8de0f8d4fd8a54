package dev.millrace.broker.manager.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.Clock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FlowTest {
  private static final double EXACT = 1e-9;

  private long now;
  private final Flow flow =
      new Flow(
          new Clock() {
            @Override
            public long getTick() {
              return now;
            }
          });

  private void pass(int seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void theFirstReadingIsTheMeanSinceTheBeginning() {
    flow.mark(100);
    pass(10);
    assertEquals(10, flow.getOneMinuteRate(), EXACT);
    assertEquals(10, flow.getFifteenMinuteRate(), EXACT);
    assertEquals(10, flow.getMeanRate(), EXACT);
  }

  @Test
  void ratesFollowWhatComesTheShorterTheFaster() {
    flow.mark(100);
    pass(10);
    assertEquals(10, flow.getOneMinuteRate(), EXACT);
    pass(60);
    double minute = flow.getOneMinuteRate();
    assertEquals(10 / Math.E, minute, EXACT);
    assertTrue(flow.getFiveMinuteRate() > minute);
    assertTrue(flow.getFifteenMinuteRate() > flow.getFiveMinuteRate());
  }

  @Test
  void ratesDoNotDependOnHowOftenTheyAreRead() {
    var seldom = new Flow(clock());
    flow.getOneMinuteRate();
    for (int i = 0; i < 60; i++) {
      flow.mark(5);
      seldom.mark(5);
      pass(1);
      flow.getOneMinuteRate();
      flow.getOneMinuteRate();
    }
    assertEquals(5, flow.getOneMinuteRate(), EXACT);
    assertEquals(5, seldom.getOneMinuteRate(), EXACT);
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public long getTick() {
        return now;
      }
    };
  }

  @Test
  void nothingYetIsNoRate() {
    assertEquals(0, flow.getOneMinuteRate(), EXACT);
    assertEquals(0, flow.getMeanRate(), EXACT);
  }
}
