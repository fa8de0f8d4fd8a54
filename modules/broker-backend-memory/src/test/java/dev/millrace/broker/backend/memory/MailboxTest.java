package dev.millrace.broker.backend.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailboxTest {
  private static final Instant START = Instant.parse("2024-06-10T08:00:00Z");
  private final VirtualClock clock = new VirtualClock(START);
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<String> heard = new ArrayList<>();
  private final Mailbox mailbox =
      new Mailbox(
          new EventSink() {
            @Override
            public void event(String channel, Entry event) {
              heard.add(event.id().orElseThrow());
            }

            @Override
            public void gap(Instant from, Instant to) {
              heard.add("gap of " + Duration.between(from, to));
            }
          },
          tasks::add,
          clock);

  @Test
  void dropsAndReportsWhatASlowSinkHasNoRoomFor() {
    for (int i = 0; i < Mailbox.CAPACITY; i++) {
      put("e" + i);
    }
    put("lost");
    clock.advance(Duration.ofSeconds(7));
    put("lost too");
    runAll();
    assertEquals(Mailbox.CAPACITY + 1, heard.size());
    assertEquals("gap of PT7S", heard.get(Mailbox.CAPACITY));
    put("again");
    runAll();
    assertEquals("again", heard.get(Mailbox.CAPACITY + 1));
  }

  @Test
  void runsOnceForManyEvents() {
    put("a");
    put("b");
    assertEquals(1, tasks.size());
    runAll();
    assertEquals(List.of("a", "b"), heard);
  }

  @Test
  void beginsNothingAfterItIsClosed() {
    put("a");
    mailbox.close();
    put("b");
    runAll();
    assertEquals(List.of(), heard);
  }

  private void put(String id) {
    mailbox.put("channel", Fixture.entry(id));
  }

  private void runAll() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }
}
