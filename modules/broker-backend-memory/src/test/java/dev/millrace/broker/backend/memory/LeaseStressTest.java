package dev.millrace.broker.backend.memory;

import static dev.millrace.broker.backend.memory.Fixture.LEASE;
import static dev.millrace.broker.backend.memory.Fixture.append;
import static dev.millrace.broker.backend.memory.Fixture.context;
import static dev.millrace.broker.backend.memory.Fixture.get;
import static dev.millrace.broker.backend.memory.Fixture.open;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** Leases run out while late acknowledgements come in: one of them counts, for each message. */
class LeaseStressTest {
  private static final int MESSAGES = 3_000;
  private static final long TWICE = -1;

  private final VirtualClock clock = new VirtualClock(Instant.parse("2024-06-10T08:00:00Z"));
  private final MemoryBackend backend = MemoryBackend.open(context(clock));
  // By message, the fence of each delivery by its count.
  private final Map<String, ConcurrentSkipListMap<Integer, Long>> fences =
      new ConcurrentHashMap<>();
  private final Map<String, Integer> done = new ConcurrentHashMap<>();
  private final Queue<Runnable> late = new ConcurrentLinkedQueue<>();

  @Test
  void countsOneAcknowledgementOfEachMessage() {
    for (int i = 0; i < 4; i++) {
      new Stalling("reader-" + i);
    }
    for (int i = 0; i < MESSAGES; i++) {
      append(backend, "work", "m" + i);
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              Thread.startVirtualThread(this::settleLate);
              clock.advance(LEASE.dividedBy(2));
              return done.size() == MESSAGES;
            });
    settleLate();
    assertEquals(List.of(), done.values().stream().filter(count -> count != 1).toList());
    fences.forEach(
        (id, byDelivery) -> {
          List<Long> inOrder = List.copyOf(byDelivery.values());
          assertFalse(inOrder.contains(TWICE), id);
          assertEquals(inOrder.stream().sorted().distinct().toList(), inOrder, id);
        });
    backend.close();
    assertEquals(0, clock.pendingTimers());
  }

  private void settleLate() {
    for (Runnable task = late.poll(); task != null; task = late.poll()) {
      task.run();
    }
  }

  private final class Stalling extends CollectingSink {
    private final GroupReader reader;

    Stalling(String name) {
      reader = open(backend, "work", name, this);
      reader.request(20);
    }

    @Override
    public void deliver(List<Received> batch) {
      for (Received received : batch) {
        String id = received.entry().id().orElseThrow();
        fences
            .computeIfAbsent(id, any -> new ConcurrentSkipListMap<>())
            .merge(
                received.delivery().orElseThrow(),
                received.fence().orElseThrow(),
                (one, two) -> TWICE);
        switch (ThreadLocalRandom.current().nextInt(4)) {
          case 0 -> late.add(() -> settle(received));
          case 1 -> reader.request(1);
          default -> settle(received);
        }
      }
    }

    private void settle(Received received) {
      List<Settled> settled = get(reader.settle(List.of(new Settlement.Ack(received))));
      if (settled.equals(List.of(Settled.DONE))) {
        done.merge(received.entry().id().orElseThrow(), 1, Integer::sum);
      }
      reader.request(1);
    }
  }
}
