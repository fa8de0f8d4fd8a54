package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Priority;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryPressureTest {
  private final VirtualClock clock = Rig.clock();
  private final Rig rig = new Rig(clock, "me");

  @AfterEach
  void close() {
    rig.close();
  }

  private void memory(long used) {
    rig.limit = OptionalLong.of(100);
    rig.used = used;
  }

  @Test
  void nobodyAsksBeforeACleanerIsInCharge() {
    memory(10);
    var other = new Rig(clock, "other");
    other.start(Rig.history());
    clock.advance(Duration.ofSeconds(90));
    rig.start(Rig.history());
    clock.advance(Duration.ofHours(1));
    assertEquals(0, rig.asked("memory"));
    assertTrue(other.asked("memory") > 0);
    other.close();
  }

  @Test
  void theCleanersOfAManagerAskTogether() {
    memory(10);
    Cleaning cleaning = rig.cleaning();
    rig.start(Rig.history(), cleaning);
    rig.start(dev.millrace.broker.api.StreamConfig.builder("t"), cleaning);
    clock.advance(Duration.ofMinutes(10));
    int asked = rig.asked("memory");
    clock.advance(Duration.ofMinutes(10));
    assertEquals(120, rig.asked("memory") - asked, 1);
  }

  @Test
  void nobodyAsksAnyMoreWhenTheLastOneStops() {
    memory(10);
    var cleaner = rig.start(Rig.history());
    clock.advance(Duration.ofMinutes(2));
    cleaner.close();
    int asked = rig.asked("memory");
    clock.advance(Duration.ofMinutes(10));
    assertEquals(asked, rig.asked("memory"));
  }

  @Test
  void withoutALimitItIsAskedSeldom() {
    rig.start(Rig.history());
    clock.advance(Duration.ofHours(1));
    assertEquals(12, rig.asked("memory"), 1);
  }

  @Test
  void aStreamIsVisitedAtOnceWhenMemoryRunsShortForItsPriority() {
    memory(10);
    rig.append(1_000);
    rig.start(Rig.history().priority(Priority.LOW).cleanupInterval(Duration.ofHours(1)));
    clock.advance(Duration.ofMinutes(10));
    assertEquals(1_000, rig.length());
    memory(90);
    clock.advance(Duration.ofSeconds(7));
    assertEquals(0, rig.length());
  }

  @Test
  void anImportantStreamIsLeftAloneMeanwhile() {
    memory(90);
    rig.append(1_000);
    rig.start(Rig.history().priority(Priority.CRITICAL));
    clock.advance(Duration.ofHours(1));
    assertEquals(1_000, rig.length());
  }

  @Test
  void eachVisitMeasuresAnewAndCutsNoMoreThanItsShare() {
    memory(71);
    rig.append(1_000);
    rig.start(Rig.history().priority(Priority.LOW));
    while (rig.length() == 1_000) {
      clock.advance(Duration.ofMillis(100));
    }
    assertEquals(900, rig.length(), "a tenth at first");
    memory(60);
    clock.advance(Duration.ofMinutes(10));
    assertEquals(900, rig.length(), "what was freed is seen before the next cut");
  }

  @Test
  void visitsAreAtTheUrgentIntervalAsLongAsMemoryIsShort() {
    memory(71);
    rig.append(1_000);
    rig.start(Rig.history().priority(Priority.LOW).minRetentionCount(1_000));
    clock.advance(Duration.ofMinutes(2));
    int before = rig.asked("trim");
    clock.advance(Duration.ofSeconds(100));
    assertEquals(100, rig.asked("trim") - before, 2);
    memory(10);
    clock.advance(Duration.ofMinutes(1));
    before = rig.asked("trim");
    clock.advance(Duration.ofMinutes(10));
    assertEquals(10, rig.asked("trim") - before, 1);
  }

  @Test
  void whatCannotBeMeasuredAnewIsNotCut() {
    memory(71);
    rig.append(1_000);
    rig.start(Rig.history().priority(Priority.LOW));
    while (rig.length() == 1_000) {
      clock.advance(Duration.ofMillis(100));
    }
    rig.memoryFailure = new IllegalStateException("LOADING");
    clock.advance(Duration.ofHours(1));
    assertEquals(900, rig.length());
    int asked = rig.asked("memory");
    clock.advance(Duration.ofHours(1));
    assertEquals(12, rig.asked("memory") - asked, 1, "and it is asked less and less often");
    rig.memoryFailure = null;
    clock.advance(Duration.ofMinutes(6));
    assertTrue(rig.length() < 900);
  }

  @Test
  void shortMemoryDoesNotShortenThePauseAfterErrors() {
    memory(90);
    rig.append(1_000);
    rig.start(Rig.history().priority(Priority.LOW).cleanupInterval(Duration.ofHours(20)));
    rig.failure = new IllegalStateException("NOPERM");
    clock.advance(Duration.ofMinutes(11));
    assertEquals(10, rig.asked("trim"), 1);
  }

  @Test
  void aMeasureDuringThePauseAfterErrorsDoesNotShortenIt() {
    memory(90);
    rig.append(1_000);
    rig.start(Rig.history().priority(Priority.LOW).cleanupInterval(Duration.ofHours(20)));
    rig.failure = new IllegalStateException("NOPERM");
    var begun = new ArrayList<Duration>();
    // The second one fails just before memory is measured again, 5 s after the first began.
    Duration takes = Duration.ofMillis(1_900);
    rig.onTrim =
        count -> {
          begun.add(Duration.ofNanos(clock.nanoTime()));
          clock.advance(takes);
        };
    clock.advance(Duration.ofMinutes(2));
    Duration pause = begun.get(2).minus(begun.get(1)).minus(takes);
    assertEquals(2_000, pause.toMillis(), 200);
  }
}
