package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Mover.GivenBack;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Counted;
import dev.millrace.broker.api.spi.Trimming.Facts;
import dev.millrace.broker.api.spi.Trimming.Need;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What trimming is decided and explained by: how a stream stands, and how full the memory is. */
public abstract class InspectionContract extends BackendContract {
  /** For subclasses. */
  protected InspectionContract() {}

  @BeforeEach
  void needsTrimming() {
    assumeOffered(Feature.TRIMMING, Trimming.class);
  }

  private Facts inspect(String... declared) {
    return Stages.await(facet(Trimming.class).inspect(stream, Set.of(declared)));
  }

  private Need need(String name, String... declared) {
    return inspect(declared).needs().stream()
        .filter(need -> need.group().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing is told of group " + name));
  }

  private void trim(long maxLength) {
    Stages.await(facet(Trimming.class).trim(stream, TrimLimits.keep(maxLength), false));
  }

  private static Position firstOf(Need need) {
    return need.first().orElseThrow().position();
  }

  @Test
  void groupIsServedAsLongAsAReaderIsThere() {
    append(stream, entries(1));
    assertFalse(need("workers", "workers").served());
    TestReader reading = reader(1);
    reading.await(1);
    assertTrue(need("workers").served());
    assertEquals(Optional.empty(), need("workers").lastServed());
    reading.leave();
    assertFalse(need("workers").served());
  }

  @Test
  void streamThatIsNotThereHasNothing() {
    Facts facts = inspect("later");
    assertFalse(facts.exists());
    assertEquals(0, facts.length());
    assertEquals(0, facts.added());
    assertEquals(Optional.empty(), facts.first());
    assertEquals(Optional.empty(), facts.last());
    assertEquals(List.of(), facts.history());
    Need later = need("later", "later");
    assertEquals(Need.Kind.ABSENT, later.kind());
    assertEquals(Optional.empty(), later.first());
  }

  @Test
  void lengthEndsAndAllThatWasEverAddedAreTold() {
    Instant before = now();
    List<Position> places = append(stream, entries(5));
    trim(3);
    Facts facts = inspect();
    assertTrue(facts.exists());
    assertEquals(3, facts.length());
    assertEquals(5, facts.added());
    assertEquals(places.get(2), facts.first().orElseThrow().position());
    assertEquals(places.get(4), facts.last().orElseThrow().position());
    assertFalse(facts.last().orElseThrow().at().isBefore(before.minusMillis(1)), facts::toString);
    assertFalse(facts.last().orElseThrow().at().isAfter(facts.now()), facts::toString);
    assertFalse(facts.now().isAfter(now().plusMillis(1)), facts::toString);
    assertEquals(List.of(), facts.needs());
    assertTrue(facts.bytes().orElse(1) > 0, facts::toString);
  }

  @Test
  void deletedStreamBeginsAnew() {
    append(stream, entries(5));
    trim(3);
    Stages.await(backend.log().delete(stream));
    append(stream, entries(2));
    assertEquals(2, inspect().added());
    assertEquals(List.of(), inspect().history());
  }

  @Test
  void firstUnreadEntryIsWhatAGroupNeeds() {
    declareGroup();
    List<Position> places = append(stream, entries(4));
    Need need = need("workers");
    assertEquals(Need.Kind.UNREAD, need.kind());
    assertEquals(places.getFirst(), firstOf(need));
    assertEquals(Optional.of("e1"), need.id());
    assertEquals(Optional.empty(), need.consumer());
    assertEquals(Optional.empty(), need.idle());
    assertEquals(0, need.pending());
    TestReader reader = reader(2);
    reader.await(2);
    reader.ackAll();
    assertEquals(places.get(2), firstOf(need("workers")));
    assertEquals(Optional.of("e3"), need("workers").id());
  }

  @Test
  void groupThatIsDoneWithEverythingNeedsNothing() {
    append(stream, entries(3));
    TestReader reader = reader(3);
    reader.await(3);
    reader.ackAll();
    Need need = need("workers");
    assertEquals(Need.Kind.UNREAD, need.kind());
    assertEquals(Optional.empty(), need.first());
    assertEquals(Optional.empty(), need.id());
    assertEquals(0, need.pending());
  }

  @Test
  void oldestPendingEntryIsWhatAGroupNeedsAndWhoseItIsIsTold() {
    List<Position> places = append(stream, entries(6));
    TestReader first = reader(1);
    first.await(1);
    TestReader second = reader(4);
    second.await(4);
    first.ackAll();
    second.ack(second.nth(2));
    advance(ticks(2));
    Need need = need("workers");
    assertEquals(Need.Kind.PENDING, need.kind());
    assertEquals(places.get(1), firstOf(need));
    assertEquals(Optional.of("e2"), need.id());
    assertEquals(Optional.of(second.consumer), need.consumer());
    assertTrue(need.idle().orElseThrow().compareTo(ticks(2)) >= 0, need::toString);
    assertTrue(need.idle().orElseThrow().compareTo(ticks(500)) < 0, need::toString);
    assertEquals(3, need.pending());
  }

  @Test
  void timeOfTheEntryThatIsNeededIsTold() {
    append(entry("e1"));
    append(entry("e2"));
    TestReader reader = reader(1);
    reader.await(1);
    reader.ackAll();
    Facts facts = inspect();
    assertEquals(facts.last(), facts.needs().getFirst().first());
  }

  @Test
  void parkedEntriesAreNotNeeded() {
    assumeTrue(has(Feature.PARKING));
    append(stream, entries(1));
    TestReader reader = reader(3);
    reader.release(reader.nth(1), ticks(600));
    assertEquals(Optional.empty(), need("workers").first());
    assertEquals(0, need("workers").pending());
  }

  @Test
  void groupThatIsDeclaredAndNotThereNeedsEverything() {
    List<Position> places = append(stream, entries(3));
    TestReader reader = reader(3);
    reader.await(3);
    reader.ackAll();
    Need later = need("later", "workers", "later");
    assertEquals(Need.Kind.ABSENT, later.kind());
    assertEquals(places.getFirst(), firstOf(later));
    assertEquals(Optional.of("e1"), later.id());
    assertEquals(0, later.pending());
    assertEquals(2, inspect("workers", "later").needs().size());
  }

  @Test
  void everyGroupIsToldOf() {
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of("workers", "audit"))));
    append(stream, entries(2));
    TestReader reader = reader(2);
    reader.await(2);
    assertEquals(Need.Kind.PENDING, need("workers").kind());
    assertEquals(Need.Kind.UNREAD, need("audit").kind());
    assertEquals(2, inspect().needs().size());
  }

  @Test
  void entryOfAnotherProgramHasNoIdToTell() {
    declareGroup();
    append(stream, List.of(new Entry(null, null, null, Map.of(), Fields.of("n", "a"))));
    assertEquals(Optional.empty(), need("workers").id());
    assertTrue(need("workers").first().isPresent());
  }

  @Test
  void inspectingChangesNothing() {
    append(stream, entries(3));
    TestReader reader = reader(2);
    reader.await(2);
    assertEquals(inspect("workers").needs().size(), inspect("workers", "later").needs().size() - 1);
    assertEquals(1, describe().groups().size());
    assertEquals(2, describeGroup().pending());
    reader.ackAll();
  }

  /** Adds up the parts. */
  private int count(Optional<Position> after, Position before, int most) {
    int found = 0;
    Optional<Position> from = after;
    for (int part = 0; part < 100; part++) {
      Counted counted = Stages.await(facet(Trimming.class).count(stream, from, before, most));
      assertTrue(counted.entries() <= most, counted::toString);
      found += (int) counted.entries();
      from = counted.next();
      if (from.isEmpty()) {
        return found;
      }
    }
    throw new AssertionError("a count that does not end");
  }

  @Test
  void entriesAreCountedInParts() {
    List<Position> places = append(stream, entries(25));
    for (int most : new int[] {1, 7, 20, 10_000}) {
      assertEquals(20, count(Optional.empty(), places.get(20), most));
      assertEquals(15, count(Optional.of(places.get(4)), places.get(20), most));
      assertEquals(0, count(Optional.empty(), places.getFirst(), most));
      assertEquals(0, count(Optional.of(places.get(20)), places.get(20), most));
    }
  }

  @Test
  void onlyWhatIsThereIsCounted() {
    List<Position> places = append(stream, entries(10));
    trim(8);
    assertEquals(7, count(Optional.empty(), places.get(9), 3));
    assumeTrue(has(Feature.MOVER));
    var elsewhere = new GroupRef(name("elsewhere"), "g");
    var one = List.of(new GivenBack(places.get(4), entry("gone"), 1));
    assertEquals(List.of(true), Stages.await(facet(Mover.class).giveBack(stream, elsewhere, one)));
    assertEquals(6, count(Optional.empty(), places.get(9), 3));
    assertEquals(4, count(Optional.of(places.get(3)), places.get(9), 2));
  }

  @Test
  void nothingIsCountedInAStreamThatIsNotThere() {
    Position somewhere = append(name("other"), entries(1)).getFirst();
    assertEquals(0, count(Optional.empty(), somewhere, 10));
  }

  @Test
  void trimmingNotesHowManyWereAddedAtMostOnceAnHour() {
    append(stream, entries(3));
    Stages.await(facet(Trimming.class).trim(stream, TrimLimits.keep(1), true));
    assertEquals(List.of(), inspect().history(), "a dry run notes nothing");
    trim(1);
    for (int round = 0; round < 5; round++) {
      append(stream, entries(2));
      trim(1);
    }
    Facts facts = inspect();
    // Two where the hour ends just now.
    assertTrue(facts.history().size() <= 2, facts::toString);
    Trimming.Sample first = facts.history().getFirst();
    assertEquals(3, first.added());
    assertFalse(first.at().isAfter(facts.now()), facts::toString);
    assertTrue(first.at().isAfter(facts.now().minus(Duration.ofMinutes(5))), facts::toString);
  }

  @Test
  void memoryInUseIsTold() {
    append(stream, entries(10));
    Trimming.Memory memory = Stages.await(facet(Trimming.class).memory());
    assertTrue(memory.used() > 0, memory::toString);
    assertTrue(memory.limit().orElse(1) > 0, memory::toString);
    assertEquals(memory.limit().isPresent(), memory.share().isPresent());
  }
}
