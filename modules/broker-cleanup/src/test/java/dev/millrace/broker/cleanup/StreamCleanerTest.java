package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.ComponentHealth.Level;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamCleanerTest {
  private final VirtualClock clock = Rig.clock();
  private final Rig rig = new Rig(clock, "me");

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void historyIsCutToItsLengthAtTheInterval() {
    rig.append(500);
    rig.start(Rig.history().maxLength(200));
    clock.advance(Duration.ofSeconds(30));
    assertEquals(500, rig.length());
    clock.advance(Duration.ofMinutes(1));
    assertEquals(200, rig.length());
  }

  @Test
  void theNewestStayHoweverOldTheyAre() {
    rig.append(500);
    rig.start(Rig.history().maxAge(Duration.ofHours(1)).minRetentionCount(50));
    clock.advance(Duration.ofHours(5));
    assertEquals(50, rig.length());
  }

  @Test
  void whatADeclaredGroupHasNotReadStays() {
    rig.append(500);
    rig.start(
        StreamConfig.builder("s")
            .groups("billing")
            .maxLength(1)
            .cleanupInterval(Duration.ofMinutes(1)));
    clock.advance(Duration.ofHours(5));
    assertEquals(500, rig.length());
    assertTrue(rig.asked("trim") > 100);
  }

  @Test
  void aStoppedCleanerRemovesNothingAndGoesOnWhenStarted() {
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(200));
    cleaner.stop(Duration.ZERO);
    clock.advance(Duration.ofHours(1));
    assertEquals(500, rig.length());
    assertEquals(Component.State.STOPPED, cleaner.state());
    cleaner.start();
    clock.advance(Duration.ofMinutes(2));
    assertEquals(200, rig.length());
    assertEquals(300, cleaner.info().counts().get("removed"));
    assertEquals(300, rig.telemetry.value(Measure.CLEANER_REMOVED));
    assertEquals(
        cleaner.info().counts().get("visits"), rig.telemetry.value(Measure.CLEANER_VISITS));
  }

  @Test
  void aRestartInTheMiddleOfATrimLeavesOneChainOfVisits() {
    rig.append(500);
    rig.trimTakes = Duration.ofMillis(3);
    var cleaner = rig.start(Rig.history().maxLength(200));
    while (rig.asked("trim") == 0) {
      clock.advance(Duration.ofSeconds(1));
    }
    cleaner.stop(Duration.ZERO);
    cleaner.start();
    clock.advance(Duration.ofMinutes(5));
    assertEquals(200, rig.length());
    assertEquals(2, clock.pendingTimers(), "the next visit and the next look at memory");
    int asked = rig.asked("trim");
    clock.advance(Duration.ofMinutes(10));
    assertEquals(10, rig.asked("trim") - asked, 1);
  }

  @Test
  void aClosedCleanerLeavesNoTimer() {
    var cleaner = rig.start(Rig.history().maxLength(200));
    clock.advance(Duration.ofMinutes(2));
    cleaner.close();
    assertEquals(1, rig.closed.get());
    assertEquals(0, clock.pendingTimers());
  }

  @Test
  void theFirstVisitComesWithinAMinuteOrSoHoweverLongTheIntervalIs() {
    rig.append(500);
    rig.start(Rig.history().maxLength(200).cleanupInterval(Duration.ofHours(24)));
    clock.advance(Duration.ofSeconds(67));
    assertEquals(200, rig.length());
  }

  @Test
  void slicesGrowWhileTheBackendAnswersAtOnce() {
    rig.append(60_000);
    rig.start(Rig.history().maxLength(1).batchSize(100));
    clock.advance(Duration.ofMinutes(2));
    assertEquals(1, rig.length());
    assertEquals(
        List.of(100, 400, 1_600, 6_400, 25_600),
        rig.trims.stream().limit(5).map(each -> each.slice()).toList());
  }

  @Test
  void slicesShrinkWhileTheBackendTakesLong() {
    rig.append(10_000);
    rig.start(Rig.history().maxLength(1).batchSize(100));
    rig.onTrim = count -> rig.trimTakes = Duration.ofMillis(count < 3 || count > 7 ? 1 : 10);
    clock.advance(Duration.ofMinutes(2));
    assertEquals(1, rig.length());
    assertEquals(
        List.of(100, 400, 1_600, 800, 400, 200, 100, 100, 400),
        rig.trims.stream().limit(9).map(each -> each.slice()).toList());
  }

  @Test
  void aVisitThatTakesLongRenewsItsLeaseAndLooksAnew() {
    rig.append(1_000);
    rig.onTrim = count -> rig.trimTakes = Duration.ofSeconds(15L * count);
    rig.start(Rig.history().maxLength(1).batchSize(100));
    while (rig.length() > 1) {
      clock.advance(Duration.ofSeconds(1));
    }
    assertTrue(rig.asked("acquire") >= 3, rig.asked::toString);
  }

  @Test
  void settingsStoredWithTheStreamHoldFromTheNextVisitOn() {
    rig.append(500);
    rig.start(Rig.history().maxLength(400));
    rig.settings = Map.of("maxLength", "100", "cleanupInterval", "PT10M");
    clock.advance(Duration.ofSeconds(70));
    assertEquals(100, rig.length());
    int visits = rig.asked("trim");
    clock.advance(Duration.ofMinutes(8));
    assertEquals(visits, rig.asked("trim"), "the interval is the changed one too");
    rig.settings = Map.of();
    clock.advance(Duration.ofMinutes(3));
    rig.append(1_000);
    clock.advance(Duration.ofMinutes(1).plusSeconds(10));
    assertEquals(400, rig.length());
  }

  @Test
  void aChangeDuringAVisitEndsItAndHoldsForTheRest() {
    rig.append(10_000);
    var cleaner = rig.start(Rig.history().maxLength(100).cleanupInterval(Duration.ofHours(10)));
    rig.onTrim =
        count -> {
          if (count == 2) {
            rig.settings = Map.of("maxLength", "9600");
            cleaner.visitSoon();
          }
        };
    clock.advance(Duration.ofMinutes(2));
    assertEquals(9_500, rig.length(), "only the first two slices took something");
  }

  @Test
  void aChangeDuringTheLastSliceIsNotForgotten() {
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(450).cleanupInterval(Duration.ofHours(10)));
    rig.onTrim =
        count -> {
          if (count == 1) {
            rig.settings = Map.of("maxLength", "100");
            cleaner.visitSoon();
          }
        };
    clock.advance(Duration.ofMinutes(2));
    assertEquals(100, rig.length());
    int asked = rig.asked("describe");
    clock.advance(Duration.ofHours(8));
    assertEquals(asked, rig.asked("describe"), "and it is caught up with once");
  }

  @Test
  void aFollowerThatAsksForTheLeaseWhileSomethingIsChangedAsksAgain() {
    var leases = rig.store.facet(Coordination.class).orElseThrow();
    leases.acquire("cleaner:s", "another", Duration.ofMinutes(5)).toCompletableFuture().join();
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(100).cleanupInterval(Duration.ofHours(10)));
    rig.onTime =
        () -> {
          leases.release("cleaner:s", "another").toCompletableFuture().join();
          cleaner.visitSoon();
        };
    clock.advance(Duration.ofMinutes(2));
    assertEquals(100, rig.length());
  }

  @Test
  void aStoredSettingThatCannotBeReadIsIgnoredAndTheOthersHold() {
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(400));
    rig.settings = Map.of("maxLength", "150", "maxAge", "soon", "legalHold", "yes");
    clock.advance(Duration.ofMinutes(5));
    assertEquals(150, rig.length());
    assertEquals(Level.GREEN, cleaner.info().health().level());
  }

  @Test
  void whatIsDroppedIsCounted() {
    rig.append(500);
    rig.drops = Map.of("billing", 7L, "audit", 1L);
    var cleaner =
        rig.start(
            StreamConfig.builder("s")
                .overflow(Overflow.drop())
                .maxLength(400)
                .minRetentionTime(Duration.ZERO)
                .cleanupInterval(Duration.ofMinutes(1)));
    clock.advance(Duration.ofMinutes(2));
    assertEquals(400, rig.length());
    assertEquals(8, cleaner.info().counts().get("dropped"));
    assertEquals(8, rig.telemetry.value(Measure.CLEANER_DROPPED));
  }

  @Test
  void whatTheSliceTookThatAStopInterruptedIsCounted() {
    rig.append(500);
    rig.drops = Map.of("billing", 7L);
    var cleaner = rig.start(Rig.history().maxLength(450));
    rig.onTrim = count -> cleaner.stop(Duration.ZERO);
    clock.advance(Duration.ofMinutes(2));
    assertEquals(450, rig.length());
    assertEquals(50, cleaner.info().counts().get("removed"));
    assertEquals(7, cleaner.info().counts().get("dropped"));
    assertEquals(50, rig.telemetry.value(Measure.CLEANER_REMOVED));
    assertEquals(7, rig.telemetry.value(Measure.CLEANER_DROPPED));
  }

  @Test
  void anIdleLeaderAsksLittle() {
    rig.append(10);
    rig.start(Rig.history());
    clock.advance(Duration.ofHours(2));
    int before = rig.askedInAll();
    int trims = rig.asked("trim");
    clock.advance(Duration.ofHours(10));
    double each = (double) (rig.askedInAll() - before) / (rig.asked("trim") - trims);
    assertTrue(each < 3.3, () -> each + " commands a visit: " + rig.asked);
  }

  @Test
  void aStreamThatIsNotThereIsLeftAlone() {
    rig.start(Rig.history().maxAge(Duration.ofHours(1)));
    clock.advance(Duration.ofHours(1));
    assertEquals(0, rig.asked("trim"));
    assertTrue(rig.asked("describe") > 50);
  }

  @Test
  void errorsAreShownAndLeaveTheBackendAloneForLongerAndLonger() {
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(200).cleanupInterval(Duration.ofMillis(100)));
    rig.failure = new IllegalStateException("LOADING");
    clock.advance(Duration.ofHours(1));
    assertTrue(rig.asked("trim") < 30, rig.asked::toString);
    assertEquals(Level.YELLOW, cleaner.info().health().level());
    assertTrue(cleaner.info().lastError().orElseThrow().contains("LOADING"));
    rig.failure = null;
    clock.advance(Duration.ofMinutes(6));
    assertEquals(200, rig.length());
    assertEquals(Level.GREEN, cleaner.info().health().level());
  }

  @Test
  void afterAnErrorItIsTriedAgainSoonHoweverLongTheIntervalIs() {
    rig.append(500);
    rig.start(Rig.history().maxLength(200).cleanupInterval(Duration.ofHours(24)));
    rig.failure = new IllegalStateException("LOADING");
    rig.onTrim = count -> rig.failure = count == 1 ? rig.failure : null;
    clock.advance(Duration.ofSeconds(69));
    assertEquals(1, rig.telemetry.value(Measure.CLEANER_ERRORS));
    assertEquals(200, rig.length());
  }

  @Test
  void aChangeDoesNotShortenThePauseAfterErrors() {
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(200));
    rig.failure = new IllegalStateException("LOADING");
    clock.advance(Duration.ofMinutes(20));
    int asked = rig.asked("trim");
    cleaner.visitSoon();
    clock.advance(Duration.ofSeconds(5));
    assertEquals(asked, rig.asked("trim"));
  }

  @Test
  void anotherConfigurationHoldsFromTheNextVisitOn() {
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(400));
    clock.advance(Duration.ofMinutes(2));
    assertEquals(400, rig.length());
    cleaner.configure(Rig.history().maxLength(100).build());
    clock.advance(Duration.ofMinutes(2));
    assertEquals(100, rig.length());
  }

  @Test
  void aCleanerWhoseTimersAreRefusedIsRedUntilItIsRestarted() {
    rig.append(500);
    var cleaner = rig.start(Rig.history().maxLength(200));
    rig.timersFailure = new IllegalStateException("the scheduler is shut down");
    clock.advance(Duration.ofMinutes(5));
    assertEquals(Level.RED, cleaner.info().health().level());
    rig.timersFailure = null;
    cleaner.stop(Duration.ZERO);
    cleaner.start();
    clock.advance(Duration.ofMinutes(5));
    assertEquals(Level.GREEN, cleaner.info().health().level());
    assertEquals(200, rig.length());
  }

  @Test
  void visitsAreUpToATenthEarlierOrLaterThanTheInterval() {
    rig.start(Rig.history());
    var gaps = new TreeSet<Long>();
    long last = -1;
    for (int asked = 0; gaps.size() < 20; ) {
      clock.advance(Duration.ofMillis(100));
      if (rig.asked("acquire") > asked) {
        asked = rig.asked("acquire");
        long now = Duration.ofNanos(clock.nanoTime()).toMillis();
        if (last >= 0) {
          gaps.add(now - last);
        }
        last = now;
      }
    }
    assertTrue(gaps.first() >= 53_900 && gaps.last() <= 66_100, gaps::toString);
    assertTrue(gaps.last() - gaps.first() > 5_000, gaps::toString);
  }
}
