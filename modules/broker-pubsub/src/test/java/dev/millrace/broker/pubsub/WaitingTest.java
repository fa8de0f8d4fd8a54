package dev.millrace.broker.pubsub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.EventOverflow;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WaitingTest {
  private static Arrival on(String channel) {
    return new Arrival(channel, Entry.of("id", Fields.of("a", 1)));
  }

  @Test
  void asManyStartAtOnceAsThereAreHandlers() {
    var waiting = new Waiting(2, 10, EventOverflow.DROP_OLDEST);
    Arrival first = on("a");
    Arrival third = on("c");
    assertSame(first, waiting.offer(first).start());
    assertNotNull(waiting.offer(on("b")).start());
    assertNull(waiting.offer(third).start());
    assertSame(third, waiting.ended(first));
    assertEquals(0, waiting.size());
  }

  @Test
  void inOrderAChannelHasOneHandlerAndOthersGoOn() {
    var waiting = new Waiting(4, 10, EventOverflow.DROP_OLDEST);
    Arrival a1 = on("a");
    Arrival a2 = on("a");
    Arrival b1 = on("b");
    assertSame(a1, waiting.offer(a1).start());
    assertNull(waiting.offer(a2).start());
    assertSame(b1, waiting.offer(b1).start());
    assertNull(waiting.ended(b1));
    assertSame(a2, waiting.ended(a1));
  }

  @Test
  void theOldestMakesRoomForTheNewest() {
    var waiting = new Waiting(1, 2, EventOverflow.DROP_OLDEST);
    waiting.offer(on("a"));
    Arrival oldest = on("a");
    waiting.offer(oldest);
    waiting.offer(on("a"));
    assertSame(oldest, waiting.offer(on("a")).dropped());
    assertEquals(2, waiting.size());
  }

  @Test
  void theNewestIsDroppedWhereThatIsAsked() {
    var waiting = new Waiting(1, 1, EventOverflow.DROP_NEWEST);
    waiting.offer(on("a"));
    waiting.offer(on("a"));
    Arrival newest = on("a");
    assertSame(newest, waiting.offer(newest).dropped());
    assertEquals(1, waiting.size());
  }

  @Test
  void closingTakesNothingMore() {
    var waiting = new Waiting(1, 1, EventOverflow.CLOSE);
    waiting.offer(on("a"));
    waiting.offer(on("a"));
    assertTrue(waiting.offer(on("a")).refused());
    assertEquals(1, waiting.size());
  }

  @Test
  void whateverComesNothingIsLostUnsaidAndNoHandlerIdlesWhileSomethingCouldRun() {
    for (long seed = 0; seed < 2_000; seed++) {
      run(seed);
    }
  }

  private static void run(long seed) {
    var random = new Random(seed);
    int concurrency = 1 + random.nextInt(4);
    int capacity = 1 + random.nextInt(6);
    var overflow = EventOverflow.values()[random.nextInt(3)];
    var waiting = new Waiting(concurrency, capacity, overflow);
    var model = new ArrayList<Arrival>(); // what waits, oldest first
    var running = new ArrayList<Arrival>();
    for (int step = 0; step < 60; step++) {
      if (random.nextInt(3) > 0 || running.isEmpty()) {
        offer(waiting, on("c" + random.nextInt(3)), overflow, capacity, model, running);
      } else {
        Arrival ended = running.remove(random.nextInt(running.size()));
        Arrival next = waiting.ended(ended);
        if (next != null) {
          assertTrue(model.remove(next), "seed " + seed);
          running.add(next);
        }
      }
      String where = "seed " + seed + " step " + step;
      assertEquals(model.size(), waiting.size(), where);
      assertEquals(running.size(), waiting.running(), where);
      assertTrue(running.size() <= concurrency && model.size() <= capacity, where);
      long channels =
          Stream.concat(model.stream(), running.stream())
              .map(each -> each.channel)
              .distinct()
              .count();
      assertEquals(channels, waiting.lanes(), where);
      List<String> busy = running.stream().map(event -> event.channel).toList();
      assertTrue(busy.stream().distinct().count() == busy.size(), where);
      assertTrue(
          running.size() == concurrency
              || model.stream().allMatch(event -> busy.contains(event.channel)),
          where);
    }
  }

  private static void offer(
      Waiting waiting,
      Arrival event,
      EventOverflow overflow,
      int capacity,
      List<Arrival> model,
      List<Arrival> running) {
    var offer = waiting.offer(event);
    if (offer.start() != null) {
      assertSame(event, offer.start());
      running.add(event);
      return;
    }
    boolean full = model.size() == capacity;
    if (!full || overflow == EventOverflow.DROP_OLDEST) {
      model.add(event);
    }
    switch (overflow) {
      case CLOSE -> assertEquals(full, offer.refused());
      case DROP_NEWEST -> assertSame(full ? event : null, offer.dropped());
      case DROP_OLDEST -> assertSame(full ? model.removeFirst() : null, offer.dropped());
    }
  }
}
