package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.RetentionReport.Floor;
import dev.millrace.broker.api.RetentionReport.Rule;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.UnknownNameException;
import dev.millrace.broker.api.spi.Trimming.Memory;
import dev.millrace.broker.api.spi.Trimming.Need.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplainerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static StreamConfig.Builder orders() {
    return StreamConfig.builder("orders").minRetentionTime(Duration.ZERO).minRetentionCount(0);
  }

  private static RetentionReport explain(FakeStream stream, StreamConfig.Builder policy) {
    return new Explainer(stream, stream, Duration.ofSeconds(5))
        .explain(policy.build(), RetentionPolicy.none(), true, false);
  }

  @Test
  void tellsWhichGroupConsumerAndMessageHoldsHowManyAndSinceWhen() {
    var stream = new FakeStream(1_904, SECOND);
    stream.needs("billing", Kind.PENDING, 700);
    stream.needs("audit", Kind.UNREAD, 1_904);
    RetentionReport report = explain(stream, orders().maxLength(100));

    assertEquals(700, report.goes());
    assertEquals(List.of(new RetentionReport.Reason(Rule.MAX_LENGTH, 1_804)), report.reasons());
    RetentionReport.Hold hold = report.holds().getFirst();
    assertEquals(1_104, hold.entries());
    assertEquals(Floor.GROUP, hold.floor());
    RetentionReport.Need need = hold.need().orElseThrow();
    assertEquals("billing", need.group());
    assertEquals("delivered and not acknowledged", need.why());
    assertEquals(Optional.of("e700"), need.position());
    assertEquals(Optional.of("id-700"), need.messageId());
    assertEquals(Optional.of("host-1"), need.consumer());
    assertEquals(Optional.of(FakeStream.NOW.minus(Duration.ofHours(3))), need.since());
    assertEquals(2, need.pending());
    assertEquals(1_204, need.behind());
    assertEquals(
        List.of("billing", "audit"),
        report.groups().stream().map(RetentionReport.Need::group).toList());
    assertEquals("has read everything", report.groups().getLast().why());
    assertEquals(0, report.groups().getLast().behind());
  }

  @Test
  void unreadSinceItWasAddedAndADeclaredGroupFromTheOldestOn() {
    var stream = new FakeStream(100, SECOND);
    stream.needs("audit", Kind.UNREAD, 40);
    stream.needs("later", Kind.ABSENT, 0);
    RetentionReport report = explain(stream, orders().groups("later").maxLength(1));
    assertEquals(0, report.goes());
    RetentionReport.Need first = report.groups().getFirst();
    assertEquals("later: declared and not there yet", first.group() + ": " + first.why());
    assertEquals(100, first.behind());
    assertEquals(Optional.of(stream.mark(40).at()), report.groups().getLast().since());
  }

  /** Entries are 0 to 9 s old. An age of exactly the bound is neither too old nor too young. */
  @ParameterizedTest
  @CsvSource({"3000, 6", "3500, 6", "2999, 7", "1, 9", "9000, 0", "8999, 1", "100000, 0"})
  void agesAreCounted(long maxAge, long tooOld) {
    RetentionReport report =
        explain(new FakeStream(10, SECOND), orders().maxAge(Duration.ofMillis(maxAge)));
    assertEquals(tooOld, report.goes());
  }

  @ParameterizedTest
  @CsvSource({"3000, 7", "3500, 6", "2999, 7", "1, 9", "9000, 1", "9001, 0", "0, 9"})
  void whatIsTooYoungStays(long minAge, long oldEnough) {
    RetentionReport report =
        explain(
            new FakeStream(10, SECOND),
            orders().maxLength(1).minRetentionTime(Duration.ofMillis(minAge)));
    assertEquals(oldEnough, report.goes());
  }

  @Test
  void entriesOfOneMillisecondAreCountedInAnyOrderOfTheGroups() {
    var stream = new FakeStream(50_000, Duration.ZERO);
    stream.needs("behind", Kind.UNREAD, 31_234);
    stream.needs("ahead", Kind.UNREAD, 12_345);
    RetentionReport report = explain(stream, orders().maxLength(1));
    assertEquals(12_345, report.goes());
    assertEquals(50_000 - 31_234, report.groups().getLast().behind());
  }

  @Test
  void countsInPartsAndEachEntryAboutOnce() {
    var stream = new FakeStream(95_000, Duration.ofMillis(1));
    for (int group = 1; group <= 9; group++) {
      stream.needs("g" + group, Kind.UNREAD, group * 10_000L + 5);
    }
    RetentionReport report = explain(stream, orders().maxLength(1));
    assertEquals(10_005, report.goes());
    for (RetentionReport.Need need : report.groups()) {
      assertEquals(95_000 - Long.parseLong(need.group().substring(1)) * 10_000 - 5, need.behind());
    }
    assertTrue(stream.largestPart <= 10_000);
    assertTrue(stream.counted <= 190_000, stream.counted + " were looked at");
  }

  @Test
  void beyondTwoMillionItStopsCounting() {
    var stream = new FakeStream(5_000_000, Duration.ofNanos(1));
    stream.needs("billing", Kind.UNREAD, 4_000_000);
    stream.needs("audit", Kind.UNREAD, 4_500_000);
    RetentionReport report = explain(stream, orders().maxLength(1));
    assertEquals(2_000_000, report.goes());
    assertEquals(2_000_000, stream.counted);
  }

  @Test
  void whatEveryGroupHasReadIsNotCountedAtAll() {
    var stream = new FakeStream(50_000, SECOND);
    stream.needs("billing", Kind.UNREAD, 50_000);
    assertEquals(49_999, explain(stream, orders().maxLength(1)).goes());
    assertEquals(0, stream.counted);
  }

  @Test
  void memoryIsTold() {
    var stream = new FakeStream(1_000, SECOND);
    stream.memory = new Memory(86, OptionalLong.of(100));
    RetentionReport report = explain(stream, orders());
    assertEquals(0.86, report.memory().orElseThrow());
    assertEquals(500, report.goes());
    assertEquals(Rule.MEMORY, report.reasons().getFirst().rule());
  }

  @Test
  void aStreamThatHasBeenQuietForDaysHasNoRate() {
    var stream = new FakeStream(2_000, SECOND);
    stream.quiet = Duration.ofDays(20);
    RetentionReport report = explain(stream, orders().maxLength(3_000));
    assertEquals(0, report.forecast().addedPerSecond());
    assertEquals(Optional.empty(), report.forecast().fullIn());
  }

  @Test
  void theEntriesOfTheLastDayAreItsRateWhereItsGrowthWasNotNoted() {
    // Hourly for 42 days, the newest 90 minutes ago: 23 of them came within the last day.
    var stream = new FakeStream(1_000, Duration.ofHours(1));
    stream.quiet = Duration.ofMinutes(90);
    RetentionReport report = explain(stream, orders());
    assertEquals(23 / 86_400.0, report.forecast().addedPerSecond(), 1e-9);
    assertEquals(21, stream.counted, "those between the first and the last of them");
  }

  @Test
  void oneEntryInTheLastDayIsOne() {
    var stream = new FakeStream(10, Duration.ofDays(2));
    assertEquals(1 / 86_400.0, explain(stream, orders()).forecast().addedPerSecond(), 1e-9);
  }

  @Test
  void nothingGoesFromABackupWhateverThePolicySays() {
    var stream = new FakeStream(1_000, SECOND);
    stream.bytes = OptionalLong.of(1_000 * 200);
    stream.memory = new Memory(98, OptionalLong.of(100));
    RetentionReport report =
        new Explainer(stream, stream, Duration.ofSeconds(5))
            .explain(
                orders().maxLength(10).maxAge(SECOND).build(), RetentionPolicy.none(), false, true);
    assertEquals(0, report.goes());
    assertEquals(List.of(), report.reasons());
    assertEquals(
        List.of(new RetentionReport.Hold(Floor.BACKUP, 1_000, Optional.empty())), report.holds());
    assertEquals(Optional.empty(), report.forecast().fullIn());
    assertEquals(OptionalLong.empty(), report.forecast().settlesAt());
    assertEquals(Optional.of(Duration.ZERO), report.forecast().memoryFullIn());
  }

  @Test
  void anEmptyStreamHasNothingToGo() {
    RetentionReport report =
        explain(new FakeStream(0, SECOND), orders().maxAge(SECOND).minRetentionTime(SECOND));
    assertEquals(0, report.goes());
    assertEquals(Optional.empty(), report.oldest());
    assertEquals(0, report.forecast().addedPerSecond());
  }

  @Test
  void aStreamThatIsNotThereIsAnUnknownName() {
    var stream = new FakeStream(0, SECOND);
    stream.exists = false;
    var error = assertThrows(UnknownNameException.class, () -> explain(stream, orders()));
    assertTrue(error.getMessage().contains("orders"), error.getMessage());
  }
}
