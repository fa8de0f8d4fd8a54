package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.Health;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Schedules;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A backend as a whole: what it declares, whether it is well, and how it ends. */
public abstract class FeaturesContract extends BackendContract {
  private static final Map<Feature, Class<?>> FACETS =
      Map.ofEntries(
          Map.entry(Feature.LEASES, Leases.class),
          Map.entry(Feature.HISTORY, History.class),
          Map.entry(Feature.PENDING, Pending.class),
          Map.entry(Feature.TRIMMING, Trimming.class),
          Map.entry(Feature.HOUSEKEEPING, Housekeeping.class),
          Map.entry(Feature.MOVER, Mover.class),
          Map.entry(Feature.BACKUP, Backups.class),
          Map.entry(Feature.AUDIT, Audit.class),
          Map.entry(Feature.SCHEDULES, Schedules.class),
          Map.entry(Feature.COORDINATION, Coordination.class),
          Map.entry(Feature.SERVER_CLOCK, ServerClock.class),
          Map.entry(Feature.REPLY_INBOX, ReplyInbox.class),
          Map.entry(Feature.REQUESTS, Requests.class));

  /** For subclasses. */
  protected FeaturesContract() {}

  @Test
  void facetIsPresentExactlyWhenItsFeatureIsDeclared() {
    FACETS.forEach(this::offers);
  }

  @Test
  void classThatIsNoFacetIsAbsent() {
    assertTrue(backend.facet(String.class).isEmpty());
  }

  @Test
  void strongerPromiseIncludesTheWeakerOne() {
    assertTrue(has(Feature.MOVE) || !has(Feature.ATOMIC_MOVE));
    assertTrue(has(Feature.RELEASE) || !has(Feature.DELAYED_RELEASE));
  }

  @Test
  void promisesAreTheSameForItsWholeLife() {
    assertEquals(backend.features(), backend.features());
    assertEquals(backend.features(), openAnother().features());
  }

  @Test
  void saysItsNameAndSomeDurability() {
    assertFalse(backend.name().isBlank());
    assertFalse(backend.features().durability().isEmpty());
  }

  @Test
  void isHealthyWhileItIsOpen() {
    Health health = Stages.await(backend.health());
    assertTrue(health.up(), health::detail);
    assertTrue(health.roundTripNanos().isPresent());
  }

  @Test
  void healthOfAClosedBackendIsAValueAndNotAFailure() {
    backend.close();
    assertFalse(Stages.await(backend.health()).up());
  }

  @Test
  void closingTwiceDoesNothingMore() {
    backend.close();
    backend.close();
  }

  @Test
  void callsAfterCloseFailWithATypedError() {
    Map<Feature, Class<?>> facets = FACETS;
    backend.close();
    Stages.failure(backend.log().describe(stream));
    Stages.failure(backend.log().declare(new StreamSpec(stream, Set.of())));
    Stages.failure(backend.log().delete(stream));
    Stages.failure(backend.events().publish(name("channel"), entry("e1")));
    for (Feature feature : facets.keySet()) {
      if (has(feature)) {
        useFacet(feature);
      }
    }
  }

  private void useFacet(Feature feature) {
    switch (feature) {
      case HISTORY ->
          Stages.failure(facet(History.class).scan(stream, java.util.Optional.empty(), 1));
      case PENDING ->
          Stages.failure(facet(Pending.class).list(group, java.util.Optional.empty(), 1));
      case TRIMMING -> {
        Stages.failure(facet(Trimming.class).inspect(stream, Set.of()));
        Stages.failure(facet(Trimming.class).memory());
        Stages.failure(facet(Trimming.class).drops(stream, 1));
        Stages.failure(facet(Trimming.class).store(stream, Map.of()));
      }
      case HOUSEKEEPING -> Stages.failure(facet(Housekeeping.class).leftovers());
      case MOVER -> Stages.failure(facet(Mover.class).move(stream, name("to"), 1));
      case BACKUP -> Stages.failure(facet(Backups.class).seal(stream, "line", Duration.ofHours(1)));
      case AUDIT -> Stages.failure(facet(Audit.class).take(stream));
      case SCHEDULES ->
          Stages.failure(facet(Schedules.class).put(name("set"), "id", Instant.EPOCH, entry("e1")));
      case COORDINATION ->
          Stages.failure(
              facet(Coordination.class).acquire(name("lease"), "me", Duration.ofSeconds(1)));
      case SERVER_CLOCK -> Stages.failure(facet(ServerClock.class).now());
      case REPLY_INBOX -> Stages.failure(facet(ReplyInbox.class).reply("nobody", entry("e1")));
      case REQUESTS -> Stages.failure(facet(Requests.class).withdraw(group, "id", "nobody"));
      default -> {}
    }
  }

  @Test
  void appendAfterCloseIsNeverTakenForDone() {
    backend.close();
    var stage = backend.log().append(stream, List.of(entry("e1")), AppendGuard.none());
    if (stage.toCompletableFuture().handle((done, failed) -> failed != null).join()) {
      assertInstanceOf(BrokerException.class, Stages.failure(stage));
    } else {
      assertInstanceOf(Appended.Failed.class, Stages.await(stage).getFirst());
    }
  }

  @Test
  void closeHandsBackWhatItsReadersHeld() {
    Backend another = openAnother();
    declareGroup();
    append(entry("e1"));
    TestReader first = reader().on(another).open().request(1);
    first.await(1);
    another.close();
    assertEquals("e1", TestReader.id(reader(1).nth(1)));
  }

  @Test
  void instancesOfTheSameDataSeeEachOther() {
    append(entry("e1"));
    Backend another = openAnother();
    assertEquals(1, Stages.await(another.log().describe(stream)).length());
    assertEquals("e1", TestReader.id(reader().on(another).open().request(1).nth(1)));
  }
}
