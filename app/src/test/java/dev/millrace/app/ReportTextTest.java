package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.RetentionReport.Floor;
import dev.millrace.broker.api.RetentionReport.Forecast;
import dev.millrace.broker.api.RetentionReport.Hold;
import dev.millrace.broker.api.RetentionReport.Need;
import dev.millrace.broker.api.RetentionReport.Reason;
import dev.millrace.broker.api.RetentionReport.Rule;
import dev.millrace.broker.api.StreamConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ReportTextTest {
  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final Forecast STILL =
      new Forecast(
          0, OptionalLong.empty(), OptionalLong.empty(), Optional.empty(), Optional.empty());

  private static StreamConfig config() {
    return StreamConfig.builder("orders")
        .maxLength(100)
        .maxAge(Duration.ofHours(36))
        .priority(Priority.LOW)
        .build();
  }

  private static List<String> lines(
      long goes, List<Reason> reasons, List<Hold> holds, List<Need> groups, Forecast forecast) {
    return ReportText.of(
        new RetentionReport(
            "orders",
            NOW,
            config(),
            RetentionPolicy.none(),
            false,
            2_004,
            Optional.of(NOW.minus(Duration.ofHours(50))),
            OptionalDouble.of(0.7312),
            goes,
            reasons,
            holds,
            groups,
            forecast));
  }

  private static Need need(
      String group, String why, Optional<String> consumer, Duration age, long behind) {
    return new Need(
        group,
        why,
        Optional.of("5-0"),
        Optional.of("01JD"),
        consumer,
        Optional.of(NOW.minus(age)),
        consumer.isPresent() ? 2 : 0,
        behind,
        true,
        Optional.empty());
  }

  @Test
  void aPendingMessageIsNamedWithItsGroupAndConsumerAndSinceWhen() {
    Need billing =
        need(
            "billing",
            "delivered and not acknowledged",
            Optional.of("host-12-ab"),
            Duration.ofHours(3),
            1_304);
    assertEquals(
        List.of(
            "orders: 2,004 entries, the oldest 2 d ago",
            "  1,904 entries are beyond maxLength 100",
            "  holds 1,204 of 1,904: group 'billing' has not acknowledged 01JD, delivered to"
                + " host-12-ab 3 h ago",
            "  700 entries go at the next visit",
            "  group 'billing': needs 1,304, 2 of them delivered and not acknowledged",
            "  0.0 entries a day: nothing comes, so it does not fill"),
        lines(
            700,
            List.of(new Reason(Rule.MAX_LENGTH, 1_904)),
            List.of(new Hold(Floor.GROUP, 1_204, Optional.of(billing))),
            List.of(billing),
            STILL));
  }

  @Test
  void unreadMessagesAndDeclaredGroupsAreToldApart() {
    Need audit = need("audit", "not read", Optional.empty(), Duration.ofMinutes(50), 10);
    Need later =
        need("later", "declared and not there yet", Optional.empty(), Duration.ofDays(9), 10);
    var holds =
        List.of(
            new Hold(Floor.GROUP, 20, Optional.of(later)),
            new Hold(Floor.GROUP, 10, Optional.of(audit)));
    var lines = lines(0, List.of(new Reason(Rule.MAX_AGE, 20)), holds, List.of(), STILL);
    assertEquals(
        List.of(
            "  20 entries are older than maxAge 1 d 12 h",
            "  holds 20 of 20: group 'later' is declared and has never read; the oldest entry came"
                + " 9 d ago",
            "  holds 10 of 20: group 'audit' has not read 01JD, which came 50 min ago",
            "  0 entries go at the next visit"),
        lines.subList(1, 5));
  }

  @Test
  void aBackupIsSaidToKeepEverything() {
    var holds = List.of(new Hold(Floor.BACKUP, 2_004, Optional.empty()));
    assertEquals(
        List.of(
            "orders: 2,004 entries, the oldest 2 d ago",
            "  nothing goes: a backup is never trimmed; what it holds was accepted, and is drained",
            "  0.0 entries a day: nothing comes, so it does not fill"),
        lines(0, List.of(), holds, List.of(), STILL));
  }

  @Test
  void memoryAndFloorsAreNamedWithTheirSettings() {
    var holds =
        List.of(
            new Hold(Floor.MIN_RETENTION_TIME, 30, Optional.empty()),
            new Hold(Floor.MIN_RETENTION_COUNT, 1, Optional.empty()));
    var lines = lines(170, List.of(new Reason(Rule.MEMORY, 200)), holds, List.of(), STILL);
    assertEquals(
        List.of(
            "  200 entries are to go because memory is short: 73 % is in use, and streams of"
                + " priority LOW shrink from 70 % on",
            "  holds 30 of 200: what is younger than 1 min stays (minRetentionTime)",
            "  holds 1 of 200: the newest 10 stay (minRetentionCount)",
            "  170 entries go at the next visit"),
        lines.subList(1, 5));
  }

  @Test
  void nothingToGoIsSaid() {
    Need done =
        new Need(
            "billing",
            "has read everything",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0,
            0,
            false,
            Optional.empty());
    var lines = lines(0, List.of(), List.of(), List.of(done), STILL);
    assertEquals("  nothing is to go now", lines.get(1));
    assertEquals("  group 'billing': has read and acknowledged everything", lines.get(2));
  }

  @Test
  void aGroupThatNobodyReadsAnyMoreIsSaidToBe() {
    Need left =
        new Need(
            "mail",
            "not read",
            Optional.of("5-0"),
            Optional.of("01JD"),
            Optional.empty(),
            Optional.of(NOW.minus(Duration.ofDays(3))),
            0,
            7,
            false,
            Optional.of(NOW.minus(Duration.ofDays(4))));
    assertEquals(
        "  group 'mail': needs 7, 0 of them delivered and not acknowledged; nobody has read it for"
            + " 4 d",
        lines(0, List.of(), List.of(), List.of(left), STILL).get(2));
  }

  @Test
  void theForecastIsOneLine() {
    var full =
        new Forecast(
            1.5,
            OptionalLong.of(200),
            OptionalLong.empty(),
            Optional.of(Duration.ofHours(40)),
            Optional.of(Duration.ofDays(12)));
    var lines = lines(0, List.of(), List.of(), List.of(), full);
    assertEquals(
        "  1.5 entries a second of about 200 bytes: it reaches maxLength 100 in 40 h; it alone"
            + " fills the server's memory in 12 d",
        lines.getLast());
    var fullNow =
        new Forecast(
            1.5,
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.of(Duration.ZERO),
            Optional.of(Duration.ZERO));
    assertEquals(
        "  1.5 entries a second: it is at maxLength 100; the server's memory is full",
        lines(0, List.of(), List.of(), List.of(), fullNow).getLast());
    var settled =
        new Forecast(
            0.25, OptionalLong.empty(), OptionalLong.of(90), Optional.empty(), Optional.empty());
    assertEquals(
        "  900.0 entries an hour: maxAge keeps it at about 90 entries",
        lines(0, List.of(), List.of(), List.of(), settled).getLast());
  }

  @Test
  void namesOfOthersCannotBreakTheTerminal() {
    Need odd = need("a\u001b[2J", "not read", Optional.of("b\nc"), Duration.ofSeconds(5), 1);
    var hold = List.of(new Hold(Floor.GROUP, 1, Optional.of(odd)));
    var lines = lines(0, List.of(new Reason(Rule.MAX_LENGTH, 1)), hold, List.of(odd), STILL);
    assertTrue(lines.stream().flatMapToInt(String::chars).noneMatch(Character::isISOControl));
  }
}
