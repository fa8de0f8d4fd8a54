package dev.millrace.broker.api.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.InvalidStateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ComponentBaseTest {
  private static final class Probe extends ComponentBase {
    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger mostOpen = new AtomicInteger();
    final AtomicInteger closed;
    volatile boolean failStart;

    Probe(AtomicInteger closed) {
      super(
          "probe",
          "probe",
          "s",
          Duration.ZERO,
          BrokerClock.system(),
          Measurements.none(),
          closed::incrementAndGet);
      this.closed = closed;
    }

    @Override
    protected void doStart() {
      if (failStart) {
        throw new IllegalStateException("cannot start");
      }
      mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
    }

    @Override
    protected DrainReport doStop(Duration deadline) {
      open.decrementAndGet();
      return new DrainReport(1, 0, 0, Duration.ZERO, List.of());
    }

    @Override
    protected Map<String, Long> counts() {
      return Map.of("open", (long) open.get());
    }
  }

  private final Probe probe = new Probe(new AtomicInteger());

  @Test
  void startingTwiceStartsOnce() {
    probe.start();
    probe.start();
    assertEquals(1, probe.open.get());
    assertEquals(State.RUNNING, probe.state());
  }

  @Test
  void stoppingWithoutHavingStartedDoesNothing() {
    assertEquals(DrainReport.nothing(), probe.stop(Duration.ZERO));
    assertEquals(State.STOPPED, probe.state());
    assertEquals(0, probe.open.get());
  }

  @Test
  void aStoppedComponentStartsAgain() {
    probe.start();
    assertEquals(1, probe.stop(Duration.ZERO).finished());
    assertEquals(DrainReport.nothing(), probe.stop(Duration.ZERO));
    probe.start();
    assertEquals(State.RUNNING, probe.state());
  }

  @Test
  void aFailedStartIsListedAndMayBeTriedAgain() {
    probe.failStart = true;
    assertThrows(IllegalStateException.class, probe::start);
    assertEquals(State.FAILED, probe.state());
    assertTrue(probe.info().lastError().orElseThrow().contains("cannot start"));
    probe.failStart = false;
    probe.start();
    assertEquals(State.RUNNING, probe.state());
  }

  @Test
  void closingIsTerminalAndUnregistersOnce() {
    probe.start();
    probe.close();
    probe.close();
    assertEquals(State.CLOSED, probe.state());
    assertEquals(1, probe.closed.get());
    assertEquals(0, probe.open.get());
    assertThrows(InvalidStateException.class, probe::start);
  }

  @Test
  void manyThreadsNeverOpenItTwiceNorLeaveItOpen() throws Exception {
    var threads = new ArrayList<Thread>();
    var failures = new AtomicInteger();
    for (int t = 0; t < 16; t++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int round = 0; round < 500; round++) {
                  try {
                    if (ThreadLocalRandom.current().nextBoolean()) {
                      probe.start();
                    } else {
                      probe.stop(Duration.ZERO);
                    }
                  } catch (RuntimeException unexpected) {
                    failures.incrementAndGet();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, failures.get());
    assertEquals(1, probe.mostOpen.get());
    probe.close();
    assertEquals(0, probe.open.get());
    assertFalse(probe.info().counts().isEmpty());
  }
}
