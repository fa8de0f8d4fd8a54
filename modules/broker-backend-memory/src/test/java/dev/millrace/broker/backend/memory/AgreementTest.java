package dev.millrace.broker.backend.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.Coordination.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AgreementTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private final VirtualClock clock = new VirtualClock(Instant.EPOCH);
  private final Agreement agreement = new Agreement(clock);

  @Test
  void keepsTheTokenWhileOneHolderRenews() {
    Lease first = agreement.acquire("cleaner", "a", MINUTE).orElseThrow();
    clock.advance(Duration.ofSeconds(59));
    assertEquals(Optional.of(first), agreement.acquire("cleaner", "a", MINUTE));
    clock.advance(Duration.ofSeconds(59));
    assertEquals(Optional.empty(), agreement.acquire("cleaner", "b", MINUTE));
  }

  @Test
  void raisesTheTokenAfterALeaseRanOutOrWasGivenBack() {
    long first = agreement.acquire("cleaner", "a", MINUTE).orElseThrow().token();
    clock.advance(MINUTE);
    long second = agreement.acquire("cleaner", "b", MINUTE).orElseThrow().token();
    agreement.release("cleaner", "a");
    assertEquals(Optional.empty(), agreement.acquire("cleaner", "a", MINUTE));
    agreement.release("cleaner", "b");
    long third = agreement.acquire("cleaner", "a", MINUTE).orElseThrow().token();
    assertTrue(first < second && second < third);
  }

  @Test
  void forgetsMembersThatFellSilent() {
    agreement.heartbeat("group", "a", MINUTE);
    clock.advance(Duration.ofSeconds(30));
    agreement.heartbeat("group", "b", MINUTE);
    assertEquals(Set.of("a", "b"), agreement.members("group"));
    clock.advance(Duration.ofSeconds(30));
    assertEquals(Set.of("b"), agreement.members("group"));
    clock.advance(MINUTE);
    assertEquals(Set.of(), agreement.members("group"));
  }

  @Test
  void removesWhatRanOutWithoutBeingAsked() {
    var names = new Expiring<Boolean>(clock);
    for (int i = 0; i < 10_000; i++) {
      names.put("holder-" + i, true, Duration.ofMillis(50));
      clock.advance(Duration.ofMillis(1));
    }
    assertTrue(names.size() <= 150, names.size() + " kept");
  }

  @Test
  void copiesValuesOnTheWayInAndOut() {
    byte[] value = {1};
    assertTrue(agreement.compareAndSet("v", Optional.empty(), value));
    value[0] = 2;
    agreement.get("v").orElseThrow()[0] = 3;
    assertEquals(1, agreement.get("v").orElseThrow()[0]);
    assertTrue(agreement.compareAndSet("v", Optional.of(new byte[] {1}), new byte[] {9}));
  }
}
