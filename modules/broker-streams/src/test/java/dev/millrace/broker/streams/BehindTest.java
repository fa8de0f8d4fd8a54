package dev.millrace.broker.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BehindTest {
  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));

  /** The looks that the backend was asked for; the test answers them. */
  private final List<CompletableFuture<StreamState>> looks = new ArrayList<>();

  private final Behind behind = new Behind(new GroupRef("orders", "g"), log(), clock);

  private StreamLog log() {
    return (StreamLog)
        Proxy.newProxyInstance(
            StreamLog.class.getClassLoader(),
            new Class<?>[] {StreamLog.class},
            (proxy, method, arguments) -> {
              assertEquals("describe", method.getName());
              var look = new CompletableFuture<StreamState>();
              looks.add(look);
              return look;
            });
  }

  private static StreamState state(OptionalLong lag, long pending) {
    var group = new StreamState.Group("g", new Position("1-0"), pending, 2, lag, List.of());
    var other =
        new StreamState.Group(
            "other", new Position("1-0"), 100, 0, OptionalLong.of(100), List.of());
    return new StreamState(
        "orders", true, 10, Optional.empty(), Optional.empty(), List.of(other, group), Map.of());
  }

  @Test
  void whoeverReadsWaitsForNothingAndTheNextOneHasTheAnswer() {
    assertEquals(-1, behind.lag());
    assertEquals(-1, behind.pending());
    assertEquals(1, looks.size(), "one look at a time");
    looks.getFirst().complete(state(OptionalLong.of(7), 3));
    assertEquals(7, behind.lag());
    assertEquals(3, behind.pending());
    assertEquals(2, behind.parked());
    assertEquals(1, looks.size());
  }

  @Test
  void aLookIsWorthTenSecondsWhoeverHadIt() {
    behind.seen(state(OptionalLong.of(7), 3));
    clock.advance(Duration.ofSeconds(9));
    assertEquals(7, behind.lag());
    assertEquals(0, looks.size());
    clock.advance(Duration.ofSeconds(1));
    assertEquals(7, behind.lag());
    assertEquals(1, looks.size());
  }

  @Test
  void nobodyWhoReadsIsNoLook() {
    clock.advance(Duration.ofHours(1));
    assertEquals(0, looks.size());
  }

  @Test
  void aBackendThatIsAwayMakesItUnknownAndIsAskedAgain() {
    behind.seen(state(OptionalLong.of(7), 3));
    clock.advance(Duration.ofSeconds(10));
    assertEquals(7, behind.lag());
    looks.getFirst().completeExceptionally(new IllegalStateException("away"));
    assertEquals(-1, behind.lag());
    clock.advance(Duration.ofSeconds(10));
    assertEquals(-1, behind.lag());
    looks.get(1).complete(state(OptionalLong.empty(), 3));
    assertEquals(-1, behind.lag(), "the backend cannot tell");
    assertEquals(3, behind.pending());
  }
}
