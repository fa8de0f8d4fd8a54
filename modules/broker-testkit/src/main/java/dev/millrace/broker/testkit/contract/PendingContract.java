package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.Pending.Info;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The list of what was delivered and not settled. */
public abstract class PendingContract extends BackendContract {
  /** For subclasses. */
  protected PendingContract() {}

  @BeforeEach
  void needsPending() {
    assumeOffered(Feature.PENDING, Pending.class);
  }

  private List<Info> list(Optional<Position> after, int max) {
    return Stages.await(facet(Pending.class).list(group, after, max));
  }

  private static List<Position> positions(List<Info> all) {
    return all.stream().map(Info::position).toList();
  }

  @Test
  void listsWhatIsHeldAndByWhomOldestFirst() {
    List<Position> positions = append(stream, entries(4));
    TestReader one = reader(2);
    one.await(2);
    TestReader two = reader(1);
    two.await(1);
    List<Info> all = list(Optional.empty(), 10);
    assertEquals(positions.subList(0, 3), positions(all));
    assertEquals(
        List.of(one.consumer, one.consumer, two.consumer),
        all.stream().map(Info::consumer).toList());
    all.forEach(each -> assertEquals(1, each.deliveries()));
  }

  @Test
  void settledEntriesAreNotListed() {
    append(stream, entries(3));
    TestReader reader = reader(3);
    reader.await(3);
    reader.ack(reader.nth(2));
    assertEquals(
        List.of(reader.nth(1).position(), reader.nth(3).position()),
        positions(list(Optional.empty(), 10)));
  }

  @Test
  void listGoesOnBehindAPositionByPages() {
    List<Position> positions = append(stream, entries(5));
    reader(5).await(5);
    assertEquals(positions.subList(0, 2), positions(list(Optional.empty(), 2)));
    assertEquals(positions.subList(2, 4), positions(list(Optional.of(positions.get(1)), 2)));
    assertEquals(positions.subList(4, 5), positions(list(Optional.of(positions.get(3)), 2)));
    assertEquals(List.of(), list(Optional.of(positions.get(4)), 2));
  }

  @Test
  void idleTimeCountsFromDelivery() {
    append(entry("e1"));
    reader(1).await(1);
    advance(ticks(2));
    Info info = list(Optional.empty(), 1).getFirst();
    assertTrue(info.idle().compareTo(ticks(2)) >= 0, () -> "idle " + info.idle());
  }

  @Test
  void renewalBeginsIdleTimeAnew() {
    if (!has(Feature.LEASES)) {
      return;
    }
    append(entry("e1"));
    Received held = reader(1).nth(1);
    advance(ticks(5));
    Stages.await(facet(Leases.class).renew(group, List.of(held), ticks(100)));
    Info info = list(Optional.empty(), 1).getFirst();
    assertTrue(info.idle().compareTo(ticks(5)) < 0, () -> "idle " + info.idle());
    assertEquals(1, info.deliveries());
  }

  @Test
  void groupThatHoldsNothingListsNothing() {
    declareGroup();
    assertEquals(List.of(), list(Optional.empty(), 10));
  }
}
