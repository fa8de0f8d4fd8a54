package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Mover.GivenBack;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
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

  private void assertSum(
      AuditSum sum, long accepted, long done, long died, long waiting, long pending, long parked) {
    assertEquals(
        new AuditSum(group.group(), true, accepted, done, died, waiting, pending, parked), sum);
    assertEquals(0, sum.missing());
  }

  private Position kill(TestReader reader, int nth) {
    var move = new Settlement.MoveTo(reader.nth(nth), dead, reader.nth(nth).entry());
    assertEquals(Settled.DONE, reader.settle(move));
    return Stages.await(backend.log().describe(dead)).last().orElseThrow();
  }

  @Test
  void withoutABeginningItEstimates() {
    declareGroup();
    append(stream, entries(3));
    AuditSum sum = take();
    assertFalse(sum.exact());
    assertEquals(3, sum.waiting());
    assertEquals(0, sum.missing());
  }

  @Test
  void whatIsThereAtTheBeginningCountsAsAccepted() {
    append(stream, entries(3));
    assertSum(begin(), 3, 0, 0, 3, 0, 0);
    append(entry("e4"));
    assertSum(take(), 4, 0, 0, 4, 0, 0);
  }

  @Test
  void whatWasDoneBeforeTheBeginningIsNotCounted() {
    append(stream, entries(2));
    TestReader reader = member(2);
    reader.await(2);
    reader.ackAll();
    assertSum(begin(), 0, 0, 0, 0, 0, 0);
    append(entry("e3"));
    assertSum(take(), 1, 0, 0, 1, 0, 0);
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
    assertSum(take(), 6, 1, 1, 1, 2, 1);
  }

  @Test
  void beginningAgainGoesOn() {
    begin();
    append(stream, entries(2));
    TestReader reader = member(1);
    reader.ack(reader.nth(1));
    assertSum(begin(), 2, 1, 0, 1, 0, 0);
  }

  @Test
  void whatComesBackFromParkingStaysInTheSum() {
    begin();
    append(stream, entries(1));
    TestReader reader = member(5);
    reader.release(reader.nth(1), ticks(6));
    assertSum(take(), 1, 0, 0, 0, 0, 1);
    advance(ticks(8));
    reader.await(2);
    assertEquals(0, take().missing());
    reader.ack(reader.nth(2));
    assertSum(take(), 1, 1, 0, 0, 0, 0);
  }

  @Test
  void whatIsGivenBackStaysInTheSum() {
    begin();
    append(stream, entries(1));
    TestReader reader = member(1);
    reader.nth(1);
    Position letter = kill(reader, 1);
    Stages.await(
        facet(Mover.class).giveBack(dead, group, List.of(new GivenBack(letter, entry("e1"), 1))));
    AuditSum sum = take();
    assertEquals(0, sum.missing());
    assertEquals(0, sum.dead());
    TestReader other = reader().on(openAnother()).lease(ticks(8)).open().request(5);
    other.ack(other.nth(1));
    assertSum(take(), 1, 1, 0, 0, 0, 0);
  }

  @Test
  void deletedDeadLettersAreMissing() {
    begin();
    append(stream, entries(2));
    TestReader reader = member(2);
    reader.await(2);
    kill(reader, 1);
    reader.ack(reader.nth(2));
    assertSum(take(), 2, 1, 1, 0, 0, 0);
    Stages.await(backend.log().delete(dead));
    assertEquals(1, take().missing());
  }

  @Test
  void unreadEntriesThatWereTrimmedAwayAreMissing() {
    begin();
    append(stream, entries(5));
    var limits =
        new Trimming.Limits(
            OptionalLong.of(3), Optional.empty(), 0, Duration.ZERO, Set.of(), false, 100);
    Stages.await(facet(Trimming.class).trim(stream, limits, false));
    assertEquals(2, take().missing());
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
    assertEquals(List.of(2L, 0L), sums.stream().map(AuditSum::waiting).toList());
    assertEquals(List.of(0L, 2L), sums.stream().map(AuditSum::done).toList());
    assertTrue(sums.stream().allMatch(sum -> sum.missing() == 0), sums::toString);
  }

  @Test
  void endForgets() {
    begin();
    append(stream, entries(1));
    Stages.await(facet(Audit.class).end(stream));
    assertFalse(take().exact());
  }

  @Test
  void streamThatIsNotThereHasNoSum() {
    assertEquals(List.of(), Stages.await(facet(Audit.class).take(stream)));
  }
}
