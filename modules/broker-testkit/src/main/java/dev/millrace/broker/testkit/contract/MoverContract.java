package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Mover.GivenBack;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Moving entries between streams. */
public abstract class MoverContract extends BackendContract {
  private String source = "";

  /** For subclasses. */
  protected MoverContract() {}

  @BeforeEach
  void needsMover() {
    assumeOffered(Feature.MOVER, Mover.class);
    source = "{" + stream + "}:backup";
  }

  private int move(int max) {
    return Stages.await(facet(Mover.class).move(source, stream, max));
  }

  @Test
  void entriesMoveInOrder() {
    append(source, entries(5));
    assertEquals(5, move(10));
    assertNothingIn(source);
    TestReader reader = reader(5);
    reader.await(5);
    assertEquals(ids(1, 5), reader.ids());
  }

  @Test
  void movesTheOldestAndNoMoreThanAsked() {
    append(source, entries(5));
    assertEquals(2, move(2));
    assertContains(source, 3);
    assertContains(stream, 2);
    assertEquals(3, move(10));
    TestReader reader = reader(5);
    reader.await(5);
    assertEquals(ids(1, 5), reader.ids());
  }

  @Test
  void nothingIsMovedFromAnEmptyOrAbsentStream() {
    assertEquals(0, move(10));
    assertNothingIn(stream);
  }

  @Test
  void entryIsMovedWhole() {
    var whole =
        new Entry(
            "id-1",
            "TYPE",
            "key",
            Map.of("h", "größe"),
            Fields.of("b", new byte[] {0, -1, 13, 10}));
    append(source, List.of(whole));
    move(1);
    assertEquals(whole, reader(1).nth(1).entry());
  }

  @Test
  void movedEntriesComeBehindThoseThatAreThere() {
    append(entry("first"));
    append(source, entries(1));
    move(1);
    TestReader reader = reader(2);
    assertEquals(List.of("first", "e1"), reader.await(2).stream().map(MoverContract::id).toList());
  }

  @Test
  void streamIsNotMovedToItself() {
    append(entry("e1"));
    Stages.failure(facet(Mover.class).move(stream, stream, 1));
    Stages.failure(
        facet(Mover.class).giveBack(stream, group, List.of(back(new Position("1-1"), "e1"))));
    assertContains(stream, 1);
  }

  private List<Boolean> giveBack(GivenBack... entries) {
    return Stages.await(facet(Mover.class).giveBack(source, group, List.of(entries)));
  }

  private static GivenBack back(Position position, String id) {
    return new GivenBack(position, entry(id), 3);
  }

  @Test
  void entriesGivenBackReachTheGroupInOrderAndLeaveTheOthers() {
    declareGroup();
    List<Position> positions = append(source, entries(4));
    assertEquals(
        List.of(true, true), giveBack(back(positions.get(1), "e2"), back(positions.get(3), "e4")));
    assertContains(source, 2);
    TestReader reader = reader(5);
    reader.await(2);
    assertEquals(List.of("e2", "e4"), reader.ids());
    reader.ackAll();
    assertEquals(0, describeGroup().pending());
  }

  @Test
  void entryIsGivenBackAsTheCallerWantsIt() {
    declareGroup();
    Position position = append(source, entries(1)).getFirst();
    var changed =
        new Entry("e1", "TYPE", "key", Map.of("redriven", "1"), Fields.of("a", "b", "c", "größe"));
    giveBack(new GivenBack(position, changed, 3));
    assertEquals(changed, reader(1).nth(1).entry());
  }

  @Test
  void entryIsGivenBackOnce() {
    declareGroup();
    Position position = append(source, entries(1)).getFirst();
    assertEquals(List.of(true), giveBack(back(position, "e1")));
    assertEquals(List.of(false), giveBack(back(position, "e1")));
    assertEquals(List.of(false), giveBack(back(new Position("1-1"), "other")));
    TestReader reader = reader(5);
    reader.await(1);
    reader.staysAt(1);
  }

  @Test
  void entryIsGivenBackToAGroupThatWaits() {
    declareGroup();
    List<Position> positions = append(source, entries(2));
    giveBack(back(positions.getFirst(), "e1"));
    TestReader reader = reader(5);
    reader.ack(reader.nth(1));
    giveBack(back(positions.getLast(), "e2"));
    assertEquals("e2", TestReader.id(reader.nth(2)));
  }

  @Test
  void entriesOfOnePlaceInTwoStreamsAreGivenBackAndParkedApart() {
    if (!has(Feature.PARKING)) {
      return;
    }
    declareGroup();
    String elsewhere = "{" + stream + "}:parked";
    giveBack(back(append(source, entries(1)).getFirst(), "e1"));
    Position other = append(elsewhere, List.of(entry("e2"))).getFirst();
    Stages.await(
        facet(Mover.class)
            .giveBack(elsewhere, group, List.of(new GivenBack(other, entry("e2"), 0))));
    TestReader reader = reader().lease(ticks(4)).open().request(5);
    reader.await(2).forEach(each -> reader.release(each, ticks(3)));
    advance(ticks(4));
    assertEquals(
        List.of("e1", "e2"),
        reader.await(4).subList(2, 4).stream().map(TestReader::id).sorted().toList());
  }

  @Test
  void entryGivenBackReachesNoOtherGroup() {
    declareGroup();
    TestReader other = reader().in("others").open().request(5);
    awaitUntil("both groups are there", () -> describe().groups().size() == 2);
    Position position = append(source, entries(1)).getFirst();
    if (has(Feature.PARKING)) {
      assertEquals(List.of(true), giveBack(back(position, "e1")));
      Received received = reader(5).nth(1);
      assertEquals("e1", TestReader.id(received));
      other.staysAt(0);
    } else {
      Stages.failure(facet(Mover.class).giveBack(source, group, List.of(back(position, "e1"))));
      assertContains(source, 1);
      other.staysAt(0);
    }
  }

  @Test
  void deliveriesOfAnEntryGivenBackAreCountedOn() {
    if (!has(Feature.PARKING)) {
      return;
    }
    declareGroup();
    Position position = append(source, entries(1)).getFirst();
    giveBack(back(position, "e1"));
    assertEquals(4, reader(1).nth(1).delivery().orElseThrow());
  }

  @Test
  void entryGivenBackIsReleasedAndRecoveredLikeAnother() {
    declareGroup();
    Position position = append(source, entries(1)).getFirst();
    giveBack(back(position, "e1"));
    TestReader reader = reader(5);
    reader.release(reader.nth(1), java.time.Duration.ZERO);
    Received again = reader.nth(2);
    assertEquals("e1", TestReader.id(again));
    reader.ack(again);
    reader.staysAt(2);
  }

  private static String id(Received received) {
    return TestReader.id(received);
  }
}
