package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SteadyTimeTest {
  private static final Instant START = Instant.parse("2026-11-21T00:00:00Z");
  private static final Duration HOLD = Duration.ofHours(10);

  private final VirtualClock clock = new VirtualClock(START);
  private final SteadyTime time = new SteadyTime("cleaner:s", clock);
  private Duration ahead = Duration.ZERO;

  /** What is steady when the server is asked after so long, as an offset from the true time. */
  private Duration after(Duration passed) {
    clock.advance(passed);
    return Duration.between(clock.now(), time.observe(clock.now().plus(ahead), HOLD));
  }

  @Test
  void isTheServersAsLongAsThatGoesOn() {
    ahead = Duration.ofDays(3);
    assertEquals(ahead, after(Duration.ZERO));
    assertEquals(ahead, after(Duration.ofHours(5)));
    ahead = ahead.plusSeconds(2);
    assertEquals(ahead, after(Duration.ofHours(5)));
  }

  @Test
  void takesNoPartInAJumpForwardUntilAllHasComeOfAge() {
    after(Duration.ZERO);
    ahead = Duration.ofDays(1);
    assertEquals(Duration.ZERO, after(Duration.ofMinutes(5)));
    assertEquals(Duration.ZERO, after(HOLD.minusSeconds(1)));
    assertEquals(ahead, after(Duration.ofSeconds(2)));
    assertEquals(ahead, after(Duration.ofHours(1)));
  }

  @Test
  void aSecondJumpBeginsTheWaitAnew() {
    after(Duration.ZERO);
    ahead = Duration.ofHours(1);
    after(Duration.ofMinutes(5));
    ahead = Duration.ofHours(2);
    assertEquals(Duration.ZERO, after(Duration.ofHours(9)));
    assertEquals(Duration.ZERO, after(Duration.ofHours(9)));
    assertEquals(ahead, after(Duration.ofHours(2)));
  }

  @Test
  void aJumpThatIsTakenBackInPartIsMeasuredFromThere() {
    after(Duration.ZERO);
    ahead = Duration.ofHours(2);
    after(Duration.ofMinutes(5));
    ahead = Duration.ofHours(1);
    after(Duration.ofHours(9));
    ahead = Duration.ofHours(2);
    assertEquals(Duration.ZERO, after(Duration.ofMinutes(1)));
    assertEquals(Duration.ZERO, after(Duration.ofHours(9)));
    assertEquals(ahead, after(Duration.ofHours(1)));
  }

  @Test
  void clocksThatDriftApartMakeNoNewJumpOfAnOldOne() {
    after(Duration.ZERO);
    ahead = Duration.ofDays(30);
    Duration hold = Duration.ofDays(20);
    for (int hour = 0; hour < hold.toHours(); hour++) {
      assertEquals(Duration.ZERO, afterAnHour(hold));
      ahead = ahead.plus(Duration.ofMillis(108)); // 30 in a million
    }
    assertEquals(ahead, afterAnHour(hold));
  }

  private Duration afterAnHour(Duration hold) {
    clock.advance(Duration.ofHours(1));
    return Duration.between(clock.now(), time.observe(clock.now().plus(ahead), hold));
  }

  @Test
  void clocksThatDriftApartBetweenRareQuestionsHaveNotJumped() {
    after(Duration.ZERO);
    for (int day = 0; day < 10; day++) {
      ahead = ahead.plus(Duration.ofMillis(2_592)); // 30 in a million
      assertEquals(ahead, after(Duration.ofDays(1)));
    }
  }

  @Test
  void aJumpThatIsTakenBackIsForgotten() {
    after(Duration.ZERO);
    ahead = Duration.ofDays(1);
    after(Duration.ofMinutes(5));
    ahead = Duration.ofSeconds(1);
    assertEquals(ahead, after(Duration.ofMinutes(5)));
  }

  @Test
  void isNeverLaterThanTheServers() {
    after(Duration.ZERO);
    ahead = Duration.ofHours(-5);
    assertEquals(ahead, after(Duration.ofMinutes(5)));
    assertEquals(ahead, after(Duration.ofMinutes(5)));
  }

  @Test
  void goesOnBetweenTwoQuestions() {
    assertFalse(time.now().isPresent());
    after(Duration.ZERO);
    clock.advance(Duration.ofHours(1));
    clock.setWallClock(START.plus(Duration.ofDays(5)));
    assertEquals(START.plus(Duration.ofHours(1)), time.now().orElseThrow());
  }
}
