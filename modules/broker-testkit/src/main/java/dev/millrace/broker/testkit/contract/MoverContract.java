package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Mover;
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

  private static String id(Received received) {
    return TestReader.id(received);
  }
}
