package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Schedules;
import java.time.Instant;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Entries that become due. */
public abstract class SchedulesContract extends BackendContract {
  private String set = "";

  /** For subclasses. */
  protected SchedulesContract() {}

  @BeforeEach
  void needsSchedules() {
    assumeOffered(Feature.SCHEDULES, Schedules.class);
    set = "{" + stream + "}:delayed";
  }

  private void put(String id, Instant due) {
    Stages.await(facet(Schedules.class).put(set, id, due, entry(id)));
  }

  private boolean cancel(String id) {
    return Stages.await(facet(Schedules.class).cancel(set, id));
  }

  private int moveDue(int max) {
    return Stages.await(facet(Schedules.class).moveDue(set, stream, max));
  }

  @Test
  void entryStaysUntilItIsDue() {
    put("e1", now().plus(ticks(4)));
    assertEquals(0, moveDue(10));
    assertNothingIn(stream);
    advance(ticks(5));
    assertEquals(1, moveDue(10));
    assertEquals("e1", TestReader.id(reader(1).nth(1)));
    assertEquals(0, moveDue(10));
    assertContains(stream, 1);
  }

  @Test
  void entriesMoveInTheOrderOfTheirTimes() {
    Instant past = now().minus(ticks(50));
    put("e3", past.plus(ticks(30)));
    put("e1", past.plus(ticks(10)));
    put("e2", past.plus(ticks(20)));
    assertEquals(3, moveDue(10));
    TestReader reader = reader(3);
    reader.await(3);
    assertEquals(ids(1, 3), reader.ids());
  }

  @Test
  void noMoreMoveThanAsked() {
    Instant past = now().minus(ticks(50));
    for (int i = 1; i <= 5; i++) {
      put("e" + i, past.plusMillis(i));
    }
    assertEquals(2, moveDue(2));
    assertContains(stream, 2);
    assertEquals(3, moveDue(10));
    TestReader reader = reader(5);
    reader.await(5);
    assertEquals(ids(1, 5), reader.ids());
  }

  @Test
  void sameIdReplaces() {
    Instant now = now();
    put("e1", now.minus(ticks(1)));
    Stages.await(facet(Schedules.class).put(set, "e1", now.plus(ticks(1_000)), entry("replaced")));
    assertEquals(0, moveDue(10));
    put("e1", now.minus(ticks(2)));
    assertEquals(1, moveDue(10));
    assertContains(stream, 1);
    assertEquals("e1", TestReader.id(reader(1).nth(1)));
  }

  @Test
  void cancelledEntryNeverMoves() {
    put("e1", now().minus(ticks(1)));
    assertTrue(cancel("e1"));
    assertFalse(cancel("e1"));
    assertEquals(0, moveDue(10));
    assertNothingIn(stream);
  }

  @Test
  void movedEntryCannotBeCancelled() {
    put("e1", now().minus(ticks(1)));
    assertEquals(1, moveDue(1));
    assertFalse(cancel("e1"));
  }

  @Test
  void cancellingWhatIsNotThereTellsSo() {
    assertFalse(cancel("nobody"));
  }

  @Test
  void setsAreSeparate() {
    put("e1", now().minus(ticks(1)));
    assertEquals(
        0, Stages.await(facet(Schedules.class).moveDue("{" + stream + "}:other", stream, 10)));
    assertEquals(1, moveDue(10));
  }

  @Test
  void entryIsMovedWhole() {
    var whole =
        new Entry("id-1", "TYPE", "key", Map.of("h", "v"), Fields.of("b", new byte[] {0, -1}));
    Stages.await(facet(Schedules.class).put(set, "s1", now().minus(ticks(1)), whole));
    moveDue(1);
    assertEquals(whole, reader(1).nth(1).entry());
  }

  @Test
  void manyMoversMoveEachEntryOnce() {
    Instant past = now().minus(ticks(50));
    for (int i = 1; i <= 100; i++) {
      put("e" + i, past.plusMillis(i));
    }
    var other = openAnother().facet(Schedules.class).orElseThrow();
    var stages =
        IntStream.range(0, 40)
            .mapToObj(i -> (i % 2 == 0 ? facet(Schedules.class) : other).moveDue(set, stream, 5))
            .toList();
    assertEquals(100, stages.stream().mapToInt(Stages::await).sum());
    assertContains(stream, 100);
  }
}
