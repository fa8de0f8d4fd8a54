package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A durability that is declared is kept or told to be missing; one that is not is refused. */
public abstract class DurabilityContract extends BackendContract {
  /** For subclasses. */
  protected DurabilityContract() {}

  private void holds(Durability durability) {
    var stage =
        backend
            .log()
            .append(stream, List.of(entry("e1")), AppendGuard.none().durability(durability));
    if (backend.features().offers(durability)) {
      Appended outcome = Stages.await(stage).getFirst();
      assertTrue(
          outcome instanceof Appended.At || outcome instanceof Appended.Unconfirmed,
          outcome::toString);
      assertContains(stream, 1);
    } else {
      Stages.assertGuardRefused(stage);
      assertNothingIn(stream);
    }
  }

  @Test
  void memoryIsOfferedOrRefused() {
    holds(Durability.memory());
  }

  @Test
  void diskIsOfferedOrRefused() {
    holds(Durability.fsynced());
  }

  @Test
  void replicasAreOfferedOrRefused() {
    holds(Durability.replicated(1, Duration.ofMillis(50)));
  }

  @Test
  void moreReplicasThanThereAreAreNeverConfirmed() {
    var many = Durability.replicated(100, Duration.ofMillis(50));
    if (!backend.features().offers(many)) {
      return;
    }
    var stage =
        backend.log().append(stream, List.of(entry("e1")), AppendGuard.none().durability(many));
    var outcome = assertInstanceOf(Appended.Unconfirmed.class, Stages.await(stage).getFirst());
    assertContains(stream, 1);
    assertTrue(outcome.why().contains("100"), outcome.why());
  }

  @Test
  void levelOfEachDurabilityIsWhatTheFeaturesName() {
    for (var durability : List.of(Durability.memory(), Durability.fsynced())) {
      assertTrue(
          backend.features().offers(durability)
              == backend.features().durability().contains(BackendFeatures.levelOf(durability)));
    }
  }
}
