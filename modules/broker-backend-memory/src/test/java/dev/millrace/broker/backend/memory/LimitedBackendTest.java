package dev.millrace.broker.backend.memory;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.testkit.LimitedBackend;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is refused on a backend that keeps no notes and deletes nothing when it is acknowledged. */
class LimitedBackendTest {
  private static final GroupRef GROUP = new GroupRef("s", "group");

  private final MemoryBackend whole =
      MemoryBackend.open(Fixture.context(new VirtualClock(Instant.parse("2024-06-10T08:00:00Z"))));
  private final Backend limited = LimitedBackend.kafkaLike(whole);
  private final CollectingSink sink = new CollectingSink();

  @AfterEach
  void close() {
    whole.close();
  }

  @Test
  void noteOnADeliveryIsRefused() {
    open(false);
    assertRefused(limited.facet(Leases.class).orElseThrow().note(GROUP, held(), "text"));
  }

  @Test
  void noteWithAReleaseIsRefused() {
    GroupReader reader = open(false);
    var release = new Settlement.Release(held(), Duration.ZERO, Optional.of("text"));
    assertRefused(reader.settle(List.of(release)));
  }

  @Test
  void workQueueIsRefused() {
    assertThrows(UnsupportedByBackendException.class, () -> open(true));
  }

  private GroupReader open(boolean workQueue) {
    var spec =
        new ReaderSpec(
            "c", StartPosition.beginning(), 1, Duration.ofSeconds(1), Fixture.LEASE, workQueue);
    GroupReader reader = limited.log().open(GROUP, spec, sink);
    reader.request(1);
    return reader;
  }

  private Received held() {
    Fixture.append(whole, "s", "a");
    await().until(() -> !sink.received.isEmpty());
    return sink.received.get(0);
  }

  private static void assertRefused(CompletionStage<?> stage) {
    var error = assertThrows(CompletionException.class, stage.toCompletableFuture()::join);
    assertInstanceOf(UnsupportedByBackendException.class, error.getCause());
  }
}
