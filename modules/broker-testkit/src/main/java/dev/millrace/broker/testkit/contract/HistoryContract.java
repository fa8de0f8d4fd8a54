package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.History.Recorded;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Settled;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reading without a group, and setting a group back. */
public abstract class HistoryContract extends BackendContract {
  /** For subclasses. */
  protected HistoryContract() {}

  @BeforeEach
  void needsHistory() {
    assumeOffered(Feature.HISTORY, History.class);
  }

  private List<Recorded> scan(Optional<Position> after, int max) {
    return Stages.await(facet(History.class).scan(stream, after, max));
  }

  private void reset(StartPosition to) {
    Stages.await(facet(History.class).reset(group, to));
  }

  private static List<String> ids(List<Recorded> all) {
    return all.stream().map(each -> each.entry().id().orElse("")).toList();
  }

  @Test
  void scanGivesEntriesInOrderWhereTheyStand() {
    List<Position> positions = append(stream, entries(5));
    List<Recorded> all = scan(Optional.empty(), 100);
    assertEquals(ids(1, 5), ids(all));
    assertEquals(positions, all.stream().map(Recorded::position).toList());
    assertEquals(entry("e1"), all.getFirst().entry());
  }

  @Test
  void scanGoesOnBehindAPositionByPages() {
    append(stream, entries(5));
    List<Recorded> first = scan(Optional.empty(), 2);
    assertEquals(ids(1, 2), ids(first));
    List<Recorded> second = scan(Optional.of(first.getLast().position()), 2);
    assertEquals(ids(3, 4), ids(second));
    List<Recorded> third = scan(Optional.of(second.getLast().position()), 2);
    assertEquals(ids(5, 5), ids(third));
    assertEquals(List.of(), scan(Optional.of(third.getLast().position()), 2));
  }

  @Test
  void scanOfAnAbsentStreamIsEmpty() {
    assertEquals(List.of(), scan(Optional.empty(), 10));
  }

  @Test
  void entriesStayReadableAfterTheyWereAcknowledged() {
    append(stream, entries(3));
    TestReader reader = reader(3);
    reader.await(3);
    reader.ackAll();
    assertEquals(ids(1, 3), ids(scan(Optional.empty(), 10)));
  }

  @Test
  void scanningTakesNothingFromGroups() {
    declareGroup();
    append(stream, entries(3));
    scan(Optional.empty(), 10);
    assertEquals(0, describeGroup().pending());
    reader(5).await(3);
  }

  @Test
  void groupReadsAgainFromTheBeginning() {
    append(stream, entries(3));
    TestReader reader = reader(3);
    reader.await(3);
    reader.ackAll();
    reset(StartPosition.beginning());
    reader.request(10).await(6);
    assertEquals(ids(1, 3), reader.ids().subList(3, 6));
  }

  @Test
  void groupReadsAgainFromAPosition() {
    List<Position> positions = append(stream, entries(5));
    TestReader reader = reader(5);
    reader.await(5);
    reader.ackAll();
    reset(StartPosition.after(positions.get(2).value()));
    reader.request(10).await(7);
    assertEquals(ids(4, 5), reader.ids().subList(5, 7));
    reader.staysAt(7);
  }

  @Test
  void groupSkipsToTheEnd() {
    declareGroup();
    append(stream, entries(5));
    reset(StartPosition.latest());
    TestReader reader = reader(10);
    append(entry("new"));
    reader.await(1);
    assertEquals(List.of("new"), reader.ids());
    reader.staysAt(1);
  }

  @Test
  void pendingEntriesStayPendingOverAReset() {
    append(stream, entries(3));
    TestReader reader = reader(2);
    reader.await(2);
    reset(StartPosition.latest());
    assertEquals(2, describeGroup().pending());
    assertEquals(Settled.DONE, reader.ack(reader.nth(1)));
    assertEquals(Settled.DONE, reader.ack(reader.nth(2)));
  }

  @Test
  void otherGroupsAreNotSetBack() {
    append(stream, entries(2));
    TestReader audit = reader().in("audit").open().request(10);
    audit.await(2);
    audit.ackAll();
    reader(2).await(2);
    reset(StartPosition.beginning());
    audit.staysAt(2);
  }

  private List<Position> between(Position after, Position upTo, int max) {
    return Stages.await(facet(History.class).scan(stream, after, upTo, max)).stream()
        .map(Recorded::position)
        .toList();
  }

  private Position place(StartPosition start) {
    return Stages.await(facet(History.class).place(stream, start));
  }

  @Test
  void scanEndsAtAPlace() {
    List<Position> all = append(stream, entries(5));
    assertEquals(all.subList(1, 4), between(all.get(0), all.get(3), 10));
    assertEquals(all.subList(1, 3), between(all.get(0), all.get(3), 2));
    assertEquals(List.of(), between(all.get(3), all.get(3), 10));
    assertEquals(List.of(), between(all.get(3), all.get(1), 10));
  }

  @Test
  void placesAreWhereReadingBegins() {
    List<Position> all = append(stream, entries(3));
    assertEquals(all.getLast(), place(StartPosition.latest()));
    Position end = place(StartPosition.latest());
    assertEquals(all, between(place(StartPosition.beginning()), end, 10));
    assertEquals(
        all.subList(1, 3), between(place(StartPosition.after(all.getFirst().value())), end, 10));
    assertEquals(List.of(), between(place(StartPosition.latest()), end, 10));
  }

  @Test
  void placeOfATimeIsBeforeTheFirstEntryNotOlder() {
    append(entry("e1"));
    advance(ticks(2));
    java.time.Instant middle = now();
    advance(ticks(2));
    Position second = append(entry("e2"));
    Position end = place(StartPosition.latest());
    assertEquals(List.of(second), between(place(StartPosition.at(middle)), end, 10));
  }

  @Test
  void streamThatIsNotThereHasNoPlaceWithAnEntryBehindIt() {
    Position end = place(StartPosition.latest());
    assertEquals(List.of(), between(place(StartPosition.beginning()), end, 10));
  }
}
