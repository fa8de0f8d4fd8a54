package dev.millrace.broker.backend.memory;

import static dev.millrace.broker.backend.memory.Fixture.append;
import static dev.millrace.broker.backend.memory.Fixture.context;
import static dev.millrace.broker.backend.memory.Fixture.get;
import static dev.millrace.broker.backend.memory.Fixture.open;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SharingTest {
  private final MemoryBackend one = named("shared");

  private static MemoryBackend named(String name) {
    return MemoryBackend.open(name, context(BrokerClock.system()));
  }

  @Test
  void sharesStreamsBetweenBackendsOfOneName() {
    try (one;
        MemoryBackend two = named("shared")) {
      var sink = new CollectingSink();
      open(two, "orders", "reader", sink).request(10);
      append(one, "orders", "a", "b");
      await().untilAsserted(() -> assertEquals(List.of("a", "b"), sink.ids()));
    }
  }

  @Test
  void sharesEventsBetweenBackendsOfOneName() {
    try (one;
        MemoryBackend two = named("shared")) {
      var heard = new CopyOnWriteArrayList<String>();
      get(two.events().subscribe(ChannelPattern.of("user.*"), listener(heard)));
      get(one.events().publish("user.created", Fixture.entry("e")));
      await().untilAsserted(() -> assertEquals(List.of("user.created"), heard));
    }
  }

  @Test
  void keepsOtherNamesAndPrivateStoresApart() {
    try (one;
        MemoryBackend other = named("other");
        MemoryBackend alone = MemoryBackend.open(context(BrokerClock.system()));
        MemoryBackend alsoAlone = MemoryBackend.open(context(BrokerClock.system()))) {
      append(one, "orders", "a");
      append(alone, "orders", "b");
      assertFalse(get(other.log().describe("orders")).exists());
      assertFalse(get(alsoAlone.log().describe("orders")).exists());
    }
  }

  @Test
  void keepsTheStoreUntilTheLastBackendIsClosed() {
    MemoryBackend two = named("shared");
    append(one, "orders", "a");
    one.close();
    one.close();
    assertTrue(get(two.log().describe("orders")).exists());
    two.close();
    try (MemoryBackend later = named("shared")) {
      assertFalse(get(later.log().describe("orders")).exists());
    }
  }

  @Test
  void handsToOthersWhatAClosedBackendHeld() {
    var first = new CollectingSink();
    var second = new CollectingSink();
    try (MemoryBackend two = named("shared")) {
      open(one, "orders", "first", first).request(10);
      append(one, "orders", "a", "b");
      await().untilAsserted(() -> assertEquals(2, first.received.size()));
      open(two, "orders", "second", second).request(10);
      one.close();
      await().untilAsserted(() -> assertEquals(List.of("a", "b"), second.ids()));
      assertEquals(2, second.received.get(0).delivery().orElseThrow());
    }
  }

  private static EventSink listener(List<String> heard) {
    return new EventSink() {
      @Override
      public void event(String channel, Entry event) {
        heard.add(channel);
      }

      @Override
      public void gap(Instant from, Instant to) {}
    };
  }
}
