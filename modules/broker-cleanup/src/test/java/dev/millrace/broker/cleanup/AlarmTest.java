package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.ComponentHealth.Level;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A group that does not move and keeps what should go is told of. */
class AlarmTest {
  private final VirtualClock clock = Rig.clock();
  private final Rig rig = new Rig(clock, "me");

  @AfterEach
  void close() {
    rig.close();
  }

  private void pinnedAt(String position) {
    rig.pin = Optional.of("billing");
    rig.needed = Optional.of(new Position(position));
  }

  @Test
  void aGroupThatHoldsAStreamUpForAnHourIsAnAlarmUntilItMoves() {
    rig.append(10);
    pinnedAt("7-0");
    var cleaner = rig.start(Rig.history());
    clock.advance(Duration.ofMinutes(59));
    assertEquals(Level.GREEN, cleaner.info().health().level());
    clock.advance(Duration.ofMinutes(5));
    ComponentHealth health = cleaner.info().health();
    assertEquals(Level.YELLOW, health.level());
    assertTrue(health.reason().orElseThrow().contains("group 'billing'"), health::toString);
    assertTrue(health.reason().orElseThrow().contains("PT1H"), health::toString);
    clock.advance(Duration.ofHours(5));
    assertEquals(1, rig.telemetry.value(Measure.CLEANER_ALARMS));

    pinnedAt("8-0");
    clock.advance(Duration.ofMinutes(2));
    assertEquals(Level.GREEN, cleaner.info().health().level());
  }

  @Test
  void aGroupThatIsBehindAndMovesIsNone() {
    rig.append(10);
    var cleaner = rig.start(Rig.history());
    for (int i = 0; i < 24; i++) {
      pinnedAt(i + "-0");
      clock.advance(Duration.ofMinutes(30));
      assertEquals(Level.GREEN, cleaner.info().health().level());
    }
  }

  @Test
  void whereVisitsAreSeldomItTakesTwoOfThem() {
    rig.append(10);
    pinnedAt("7-0");
    var cleaner = rig.start(Rig.history().cleanupInterval(Duration.ofHours(10)));
    clock.advance(Duration.ofHours(12));
    assertEquals(Level.GREEN, cleaner.info().health().level());
    clock.advance(Duration.ofHours(25));
    assertEquals(Level.YELLOW, cleaner.info().health().level());
  }

  @Test
  void nothingIsWrongWhenNothingIsToGoAnyMore() {
    rig.append(10);
    pinnedAt("7-0");
    var cleaner = rig.start(Rig.history());
    clock.advance(Duration.ofHours(2));
    rig.pin = Optional.empty();
    clock.advance(Duration.ofMinutes(2));
    assertEquals(Level.GREEN, cleaner.info().health().level());
  }

  @Test
  void whoHasLostTheLeaseWatchesNothing() {
    rig.append(10);
    pinnedAt("7-0");
    var cleaner = rig.start(Rig.history());
    clock.advance(Duration.ofHours(2));
    assertEquals(Level.YELLOW, cleaner.info().health().level());
    var leases = rig.store.facet(Coordination.class).orElseThrow();
    leases.release("cleaner:s", rig.holder);
    leases.acquire("cleaner:s", "another", Duration.ofDays(1));
    clock.advance(Duration.ofMinutes(2));
    assertEquals(Level.GREEN, cleaner.info().health().level());
  }
}
