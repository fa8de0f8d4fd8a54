package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Mover.GivenBack;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Everything that was accepted is somewhere, and what is nowhere is missed. */
public abstract class AuditContract extends BackendContract {
  private String dead = "";

  /** For subclasses. */
  protected AuditContract() {}

  @BeforeEach
  void needsAudit() {
    assumeOffered(Feature.AUDIT, Audit.class);
    dead = Names.deadLetter(stream, group.group());
  }

  private AuditSum begin() {
    declareGroup();
    return Stages.await(facet(Audit.class).begin(stream)).getFirst();
  }

  private AuditSum take() {
    return Stages.await(facet(Audit.class).take(stream)).getFirst();
  }

  private TestReader member(int credit) {
    return reader().lease(ticks(8)).open().request(credit);
  }

  private void assertAddsUp(String expected) {
    assertAddsUp(expected, take());
  }

  private static void assertAddsUp(String expected, AuditSum sum) {
    assertEquals(expected, AuditText.of(sum));
    assertEquals(OptionalLong.of(0), sum.missing());
    assertFalse(sum.failed());
  }

  private void assertMisses(int missing, String expected) {
    AuditSum sum = take();
    assertEquals(expected, AuditText.of(sum));
    assertEquals(OptionalLong.of(missing), sum.missing());
    assertTrue(sum.failed());
  }

  private Position kill(TestReader reader, int nth) {
    var move = new Settlement.MoveTo(reader.nth(nth), dead, reader.nth(nth).entry());
    assertEquals(Settled.DONE, reader.settle(move));
    return Stages.await(backend.log().describe(dead)).last().orElseThrow();
  }

  private void trim(int maxLength, boolean protect) {
    trim(stream, protect ? TrimLimits.keep(maxLength) : TrimLimits.drop(maxLength), false);
  }

  private void trim(String name, Trimming.Limits limits, boolean dryRun) {
    Stages.await(facet(Trimming.class).trim(name, limits, dryRun));
  }

  /** As somebody does who deletes the oldest entry: the group knows nothing of it. */
  private void takeTheOldestAway() {
    assertEquals(1, Stages.await(facet(Mover.class).move(stream, name("elsewhere"), 1)));
  }

  private void takeAway(Position position) {
    var elsewhere = new GroupRef(name("elsewhere"), "g");
    List<GivenBack> one = List.of(new GivenBack(position, entry("gone"), 1));
    assertEquals(List.of(true), Stages.await(facet(Mover.class).giveBack(stream, elsewhere, one)));
  }

  private static Entry foreign(String value) {
    return new Entry(null, null, null, Map.of(), Fields.of("n", value));
  }

  @Test
  void withoutABeginningItCannotTell() {
    declareGroup();
    append(stream, entries(3));
    AuditSum sum = take();
    assertEquals(AuditSum.State.OFF, sum.state());
    assertEquals(3, sum.waiting());
    assertEquals(OptionalLong.empty(), sum.missing());
    assertFalse(sum.failed());
  }

  @Test
  void whatIsThereAtTheBeginningCountsAsAccepted() {
    append(stream, entries(3));
    assertAddsUp("3 = waiting 3", begin());
    append(entry("e4"));
    assertAddsUp("4 = waiting 4");
  }

  @Test
  void whatWasDoneBeforeTheBeginningIsNotCounted() {
    append(stream, entries(2));
    TestReader reader = member(2);
    reader.await(2);
    reader.ackAll();
    assertAddsUp("0 = ", begin());
    append(entry("e3"));
    assertAddsUp("1 = waiting 1");
  }

  @Test
  void readersThatWereThereBeforeItBeganCountFromThenOn() {
    append(stream, entries(4));
    TestReader reader = member(4);
    TestReader other = reader().on(openAnother()).lease(ticks(1_000)).open();
    reader.await(4);
    reader.ack(reader.nth(1));
    assertAddsUp("3 = pending 3", begin());
    reader.ack(reader.nth(2));
    assertAddsUp("3 = done 1 + pending 2");
    append(entry("e5"));
    other.request(1);
    other.ack(other.nth(1));
    assertAddsUp("4 = done 2 + pending 2");
  }

  @Test
  void everythingIsSomewhere() {
    begin();
    append(stream, entries(6));
    TestReader reader = member(5);
    reader.await(5);
    reader.ack(reader.nth(1));
    kill(reader, 2);
    reader.release(reader.nth(3), ticks(600));
    assertAddsUp("6 = done 1 + dead 1 + waiting 1 + pending 2 + parked 1");
  }

  @Test
  void manyAcknowledgementsAtOnceAreAllCounted() {
    begin();
    append(stream, entries(450));
    TestReader reader = reader().batch(500).open().request(500);
    reader.await(450);
    reader.ackAll();
    assertAddsUp("450 = done 450");
  }

  /** Acknowledges all it is given, at once and without waiting. */
  private void busyReader(Backend on) {
    var self = new CompletableFuture<TestReader>();
    TestReader reader =
        reader()
            .on(on)
            .batch(20)
            .listener(
                batch -> {
                  TestReader mine = self.join();
                  var unused =
                      mine.reader.settle(
                          batch.stream().<Settlement>map(Settlement.Ack::new).toList());
                  mine.request(batch.size());
                })
            .open();
    self.complete(reader);
    reader.request(50);
  }

  @Test
  void everyLookAddsUpWhileReadersAreBusyAsItBeginsAndEnds() {
    declareGroup();
    busyReader(backend);
    busyReader(openAnother());
    for (int round = 0; round < 15; round++) {
      append(stream, entries(300));
      AuditSum first = Stages.await(facet(Audit.class).begin(stream)).getFirst();
      assertEquals(OptionalLong.of(0), first.missing(), first::toString);
      for (int look = 0; look < 5; look++) {
        append(stream, entries(50));
        AuditSum sum = take();
        assertEquals(OptionalLong.of(0), sum.missing(), sum::toString);
        assertEquals(first.accepted() + 50L * (look + 1), sum.accepted());
      }
      Stages.await(facet(Audit.class).end(stream));
    }
  }

  @Test
  void skippedEntriesAreListedApart() {
    begin();
    append(stream, entries(2));
    TestReader reader = member(2);
    assertEquals(Settled.DONE, reader.settle(new Settlement.Ack(reader.nth(1), true)));
    reader.ack(reader.nth(2));
    assertAddsUp("2 = done 1 + skipped 1");
  }

  @Test
  void entriesOfOtherProgramsAreListedApartWhereverTheyAre() {
    begin();
    append(stream, List.of(entry("e1"), foreign("a"), foreign("b"), foreign("c"), foreign("d")));
    TestReader reader = member(4);
    reader.await(4);
    assertAddsUp("1 + 4 = waiting 1 + pending 4");
    reader.ack(reader.nth(1));
    reader.ack(reader.nth(2));
    kill(reader, 3);
    reader.release(reader.nth(4), ticks(600));
    assertAddsUp("1 + 4 = done 2 + dead 1 + waiting 1 + parked 1");
  }

  @Test
  void beginningAgainGoesOn() {
    begin();
    append(stream, entries(2));
    TestReader reader = member(1);
    reader.ack(reader.nth(1));
    assertAddsUp("2 = done 1 + waiting 1", begin());
  }

  @Test
  void whatComesBackFromParkingStaysInTheSum() {
    begin();
    append(stream, entries(1));
    TestReader reader = member(5);
    reader.release(reader.nth(1), ticks(6));
    assertAddsUp("1 = parked 1");
    advance(ticks(8));
    reader.await(2);
    assertFalse(take().failed());
    reader.ack(reader.nth(2));
    assertAddsUp("1 = done 1");
  }

  @Test
  void whatIsGivenBackStaysInTheSum() {
    begin();
    append(stream, entries(1));
    TestReader reader = member(1);
    reader.nth(1);
    Position letter = kill(reader, 1);
    assertAddsUp("1 = dead 1");
    Stages.await(
        facet(Mover.class).giveBack(dead, group, List.of(new GivenBack(letter, entry("e1"), 1))));
    AuditSum sum = take();
    assertFalse(sum.failed());
    assertEquals(0, sum.dead());
    TestReader other = reader().on(openAnother()).lease(ticks(8)).open().request(5);
    other.ack(other.nth(1));
    assertAddsUp("1 = done 1");
  }

  @Test
  void whatIsRecoveredFromADeadReaderIsDoneOnce() {
    begin();
    append(stream, entries(2));
    TestReader crashed = member(2);
    crashed.await(2);
    crashed.stopReading();
    TestReader heir = reader().on(openAnother()).lease(ticks(8)).open().request(2);
    advance(ticks(20));
    heir.await(2);
    heir.ackAll();
    assertAddsUp("2 = done 2");
    assertEquals(Settled.STALE, crashed.ack(crashed.nth(1)));
    assertAddsUp("2 = done 2");
  }

  @Test
  void aReleasedEntryIsDoneOnce() {
    begin();
    append(stream, entries(1));
    TestReader reader = member(2);
    reader.release(reader.nth(1), Duration.ZERO);
    reader.ack(reader.nth(2));
    assertAddsUp("1 = done 1");
  }

  @Test
  void workQueuesAddUp() {
    assumeTrue(has(Feature.WORK_QUEUE));
    begin();
    append(stream, entries(3));
    TestReader reader = reader().workQueue().lease(ticks(8)).open().request(2);
    reader.await(2);
    reader.ackAll();
    assertAddsUp("3 = done 2 + waiting 1");
  }

  @Test
  void deletedDeadLettersAreMissing() {
    begin();
    append(stream, entries(2));
    TestReader reader = member(2);
    reader.await(2);
    kill(reader, 1);
    reader.ack(reader.nth(2));
    assertAddsUp("2 = done 1 + dead 1");
    Stages.await(backend.log().delete(dead));
    assertMisses(1, "2 = done 1");
  }

  @Test
  void unreadEntryThatSomebodyTookAwayIsMissing() {
    begin();
    append(stream, entries(3));
    takeTheOldestAway();
    assertMisses(1, "3 = waiting 2");
    TestReader reader = member(3);
    reader.await(2);
    reader.ackAll();
    assertMisses(1, "3 = done 2");
  }

  @Test
  void entryDeletedFromAmongTheUnreadIsMissingAlsoWhenTheGroupHasPassedIt() {
    begin();
    List<Position> places = append(stream, entries(3));
    takeAway(places.get(1));
    assertMisses(1, "3 = waiting 2");
    TestReader reader = member(3);
    reader.await(2);
    reader.ackAll();
    assertMisses(1, "3 = done 2");
    append(entry("e4"));
    reader.ack(reader.nth(3));
    assertMisses(1, "4 = done 3");
  }

  @Test
  void entryDeletedWhileItsHandlerRanIsMissingAlsoWhenItWasAcknowledged() {
    begin();
    List<Position> places = append(stream, entries(3));
    TestReader reader = member(3);
    reader.await(3);
    takeAway(places.get(1));
    assertMisses(1, "3 = pending 2");
    reader.ack(reader.nth(1));
    reader.ack(reader.nth(2));
    reader.ack(reader.nth(3));
    assertMisses(1, "3 = done 2");
  }

  @Test
  void oldestEntryTakenAwayWhileItsHandlerRanIsMissing() {
    begin();
    append(stream, entries(2));
    TestReader reader = member(2);
    reader.await(2);
    takeTheOldestAway();
    assertMisses(1, "2 = pending 1");
    reader.ack(reader.nth(1));
    reader.ack(reader.nth(2));
    assertMisses(1, "2 = done 1");
  }

  @Test
  void whatRetentionTrimsAfterwardsIsDone() {
    begin();
    append(stream, entries(5));
    TestReader reader = member(4);
    reader.await(4);
    reader.ackAll();
    trim(0, true);
    assertEquals(1, describe().length());
    assertAddsUp("5 = done 4 + waiting 1");
  }

  @Test
  void whatADropPolicyTrimsIsListedApart() {
    begin();
    append(stream, List.of(entry("e1"), entry("e2"), entry("e3"), foreign("a"), entry("e5")));
    TestReader reader = member(2);
    reader.await(2);
    reader.ack(reader.nth(1));
    trim(1, false);
    assertAddsUp("4 + 1 = done 1 + waiting 1 + dropped 3");
    assertEquals(Settled.STALE, reader.ack(reader.nth(2)));
    assertAddsUp("4 + 1 = done 1 + waiting 1 + dropped 3");
  }

  @Test
  void deadLettersThatRetentionTrimsAreListedApart() {
    begin();
    append(stream, entries(4));
    TestReader reader = member(3);
    reader.await(3);
    kill(reader, 1);
    kill(reader, 2);
    kill(reader, 3);
    trim(dead, TrimLimits.keep(1), true);
    assertAddsUp("4 = dead 3 + waiting 1");
    trim(dead, TrimLimits.keep(1), false);
    assertAddsUp("4 = dead 1 + waiting 1 + expired 2");
    trim(dead, TrimLimits.drop(0), false);
    assertAddsUp("4 = waiting 1 + expired 3");
  }

  @Test
  void deadLettersOfOthersAndOfEarlierTimesDoNotExpireHere() {
    declareGroup();
    append(stream, entries(3));
    TestReader reader = member(3);
    reader.await(3);
    kill(reader, 1);
    kill(reader, 2);
    trim(dead, TrimLimits.keep(1), false);
    assertAddsUp("2 = dead 1 + pending 1", begin());
    String others = Names.deadLetter(stream, "others");
    append(others, entries(2));
    trim(others, TrimLimits.keep(0), false);
    assertAddsUp("2 = dead 1 + pending 1");
    trim(dead, TrimLimits.keep(0), false);
    assertAddsUp("2 = pending 1 + expired 1");
  }

  @Test
  void groupsAreSummedApart() {
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of(group.group(), "audit"))));
    Stages.await(facet(Audit.class).begin(stream));
    append(stream, entries(2));
    TestReader reader = member(2);
    reader.await(2);
    reader.ackAll();
    List<AuditSum> sums = Stages.await(facet(Audit.class).take(stream));
    assertEquals(List.of("audit", group.group()), sums.stream().map(AuditSum::group).toList());
    assertEquals(List.of("2 = waiting 2", "2 = done 2"), sums.stream().map(AuditText::of).toList());
    assertTrue(sums.stream().noneMatch(AuditSum::failed), sums::toString);
  }

  @Test
  void setBackGroupBreaksIt() {
    assumeTrue(has(Feature.HISTORY));
    begin();
    append(stream, entries(2));
    TestReader reader = member(2);
    reader.await(2);
    reader.ackAll();
    Stages.await(facet(History.class).reset(group, StartPosition.beginning()));
    assertEquals(AuditSum.State.BROKEN, take().state());
    assertTrue(take().failed());
    Stages.await(facet(Audit.class).end(stream));
    assertEquals(AuditSum.State.EXACT, begin().state());
  }

  @Test
  void endForgets() {
    begin();
    append(stream, entries(1));
    Stages.await(facet(Audit.class).end(stream));
    assertEquals(AuditSum.State.OFF, take().state());
    TestReader reader = member(1);
    reader.ack(reader.nth(1));
    assertAddsUp("0 = ", begin());
  }

  @Test
  void auditedStreamsAreFoundUntilTheEnd() {
    begin();
    assertTrue(Stages.await(facet(Audit.class).streams()).contains(stream));
    Stages.await(facet(Audit.class).end(stream));
    assertFalse(Stages.await(facet(Audit.class).streams()).contains(stream));
  }

  @Test
  void deletingTheStreamEndsIt() {
    begin();
    append(stream, entries(1));
    Stages.await(backend.log().delete(stream));
    assertFalse(Stages.await(facet(Audit.class).streams()).contains(stream));
    assertEquals(List.of(), Stages.await(facet(Audit.class).take(stream)));
  }

  @Test
  void streamThatIsNotThereHasNoSum() {
    assertEquals(List.of(), Stages.await(facet(Audit.class).take(stream)));
  }
}
