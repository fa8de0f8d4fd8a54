package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import dev.millrace.broker.api.spi.StreamSpec;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What nothing owns is found, and nothing else. */
public abstract class HousekeepingContract extends BackendContract {
  /** For subclasses. */
  protected HousekeepingContract() {}

  @BeforeEach
  void needsHousekeeping() {
    assumeOffered(Feature.HOUSEKEEPING, Housekeeping.class);
  }

  private Optional<Leftover> leftover(String name) {
    return Stages.await(facet(Housekeeping.class).leftovers()).stream()
        .filter(each -> each.name().equals(name))
        .findFirst();
  }

  private void assertIsLeftWith(String name, int entries) {
    Leftover left = leftover(name).orElseThrow(() -> new AssertionError("not found: " + name));
    assertEquals(entries, left.entries());
    assertTrue(left.holdsMessages());
    assertFalse(left.what().isBlank());
    assertTrue(left.why().contains(stream), left::why);
  }

  @Test
  void deadLettersOutliveTheirStream() {
    String dead = Names.deadLetter(stream, "billing");
    append(stream, entries(1));
    append(dead, entries(2));
    assertEquals(Optional.empty(), leftover(dead));
    Stages.await(backend.log().delete(stream));
    assertIsLeftWith(dead, 2);
  }

  @Test
  void backupOutlivesItsStream() {
    String backup = Names.backup(stream);
    append(stream, entries(1));
    append(backup, entries(3));
    assertEquals(Optional.empty(), leftover(backup));
    Stages.await(backend.log().delete(stream));
    assertIsLeftWith(backup, 3);
  }

  @Test
  void streamWithoutEntriesOwnsItsDeadLettersToo() {
    String dead = Names.deadLetter(stream, "workers");
    declareGroup();
    append(dead, entries(2));
    assertEquals(Optional.empty(), leftover(dead));
  }

  @Test
  void channelsWhoseEventsAreKeptAreListed() {
    var kept = new GroupRef(Names.events(stream), "mail");
    assertFalse(channels().contains(stream));
    Stages.await(backend.log().declare(new StreamSpec(kept.stream(), Set.of(kept.group()))));
    assertTrue(channels().contains(stream));
    assertTrue(Stages.await(backend.log().removeGroup(kept, true)));
    assertFalse(channels().contains(stream));
  }

  @Test
  void eventsThatAreKeptForNobodyAreLeft() {
    String kept = Names.events(stream);
    var name = new GroupRef(kept, "mail");
    Stages.await(backend.log().declare(new StreamSpec(kept, Set.of("mail"))));
    append(kept, entries(2));
    assertEquals(Optional.empty(), leftover(kept));
    assertTrue(Stages.await(backend.log().removeGroup(name, false)));
    assertIsLeftWith(kept, 2);
  }

  private List<String> channels() {
    return Stages.await(facet(Housekeeping.class).keptChannels());
  }

  @Test
  void streamsAreNobodys() {
    append(stream, entries(1));
    assertEquals(Optional.empty(), leftover(stream));
  }
}
