package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.DurableName;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.UnknownNameException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class EventsTest {
  private final String url = "memory:" + UUID.randomUUID();
  private final List<String> heard = new CopyOnWriteArrayList<>();

  record UserEvent(String username) {}

  private Broker broker() {
    return Broker.connect(url, b -> {});
  }

  private StreamManager manager() {
    return StreamManager.connect(url, BrokerConfig.builder().build());
  }

  private void hears(UserEvent event) {
    heard.add(event.username());
  }

  @Test
  void eventReachesTheHandlersOfItsChannelInAllProcesses() {
    try (Broker one = broker();
        Broker two = broker();
        Broker sender = broker()) {
      one.onEvent("user_events", UserEvent.class, this::hears);
      two.onEvent("user_events", UserEvent.class, this::hears);
      one.start();
      two.start();
      sender.publish("user_events", Map.of("username", "Alice"));
      await().until(() -> heard.equals(List.of("Alice", "Alice")));
    }
  }

  @Test
  void handlersHearNothingBeforeTheBrokerIsStartedAndAtOnceAfter() {
    try (Broker broker = broker()) {
      Subscription early = broker.onEvent("c", UserEvent.class, this::hears);
      assertEquals(State.NEW, early.state());
      broker.publish("c", new UserEvent("unheard"));
      broker.start();
      assertEquals(State.RUNNING, early.state());
      broker.onEventPattern("c*", UserEvent.class, this::hears);
      broker.publish("c", new UserEvent("Bob"));
      await().until(() -> heard.equals(List.of("Bob", "Bob")));
    }
  }

  @Test
  void prefixIsPutBeforeTheChannel() {
    try (Broker broker = broker()) {
      var channels = new CopyOnWriteArrayList<String>();
      broker
          .prefix("orders")
          .onEvent("created", Message.class, event -> channels.add(event.stream()));
      broker.start();
      broker.publish("orders.created", new UserEvent("x"));
      await().until(() -> channels.equals(List.of("orders.created")));
    }
  }

  @Test
  void subscriptionIsAComponentLikeAnyOther() {
    try (StreamManager manager = manager()) {
      manager.createSubscription(
          "audit", "user_events", event -> heard.add(event.as(UserEvent.class).username()));
      ComponentInfo info = manager.subscriptions().getFirst();
      assertEquals("audit", info.name());
      assertEquals("user_events", info.stream());
      assertEquals(State.RUNNING, info.state());
      assertThrows(
          NameTakenException.class, () -> manager.createSubscription("audit", "c", event -> {}));
      assertThrows(UnknownNameException.class, () -> manager.subscription("audti"));
      manager.subscription("audit").stop(java.time.Duration.ZERO);
      manager.publish("user_events", new UserEvent("unheard"));
      manager.subscription("audit").start();
      manager.publish("user_events", new UserEvent("Carol"));
      await().until(() -> heard.equals(List.of("Carol")));
      manager.removeSubscription("audit");
      assertTrue(manager.subscriptions().isEmpty());
    }
  }

  @Test
  void durableSubscriptionGetsWhatWasPublishedWhileNobodyListened() {
    var mail = SubscriptionConfig.channel("user_events").durable("mail").inOrder(true).build();
    try (StreamManager sender = manager()) {
      sender.publish("user_events", new UserEvent("before"));
      try (StreamManager first = manager()) {
        first.createSubscription("mail", mail, this::hearsKept);
        sender.publish("user_events", new UserEvent("1"));
        await().until(() -> heard.equals(List.of("1")));
        assertEquals("user_events", first.subscriptions().getFirst().stream());
      }
      sender.publish("user_events", new UserEvent("2"));
      sender.publish("user_events", new UserEvent("3"));
      try (StreamManager second = manager()) {
        second.createSubscription("mail", mail, this::hearsKept);
        await().until(() -> heard.equals(List.of("1", "2", "3")));
        assertTrue(
            second.find("cleaner:" + Names.events("user_events")).isPresent(),
            "nobody trims what is kept");
      }
    }
  }

  @Test
  void durableNameThatIsForgottenKeepsNothingAnyMore() {
    var mail = SubscriptionConfig.channel("news").durable("mail").build();
    try (StreamManager manager = manager()) {
      Subscription subscription = manager.createSubscription("s", mail, event -> heard.add("?"));
      DurableName served = manager.durableNames().getFirst();
      assertEquals("news", served.channel());
      assertEquals("mail", served.name());
      assertTrue(served.served());
      var refused =
          assertThrows(InvalidStateException.class, () -> manager.forgetDurable("news", "mail"));
      assertTrue(refused.getMessage().contains("Stop"), refused::getMessage);
      subscription.close();
      manager.publish("news", new UserEvent("waits"));
      DurableName left = manager.durableNames().getFirst();
      assertFalse(left.served());
      assertEquals(1, left.waiting().orElseThrow());
      assertTrue(left.oldest().isPresent());
      assertTrue(manager.forgetDurable("news", "mail"));
      assertEquals(List.of(), manager.durableNames());
      assertFalse(manager.forgetDurable("news", "mail"));
      manager.publish("news", new UserEvent("kept for nobody"));
      assertFalse(manager.streamExists(Names.events("news")));
      assertEquals(List.of(), List.copyOf(heard));
    }
  }

  private void hearsKept(Message event) {
    assertEquals("user_events", event.stream());
    heard.add(event.as(UserEvent.class).username());
  }

  @Test
  void eventThatWaitsToBeTriedAgainIsNotHandled() {
    ParkedEvents.areTold(url, "parked");
  }

  @Test
  void processesWithOneDurableNameShareTheEventsAndOthersGetThemToo() {
    try (StreamManager manager = manager()) {
      for (String name : List.of("mail-1", "mail-2", "log")) {
        manager.createSubscription(
            name,
            SubscriptionConfig.channel("c").durable(name.substring(0, 3)).build(),
            event -> heard.add(name.substring(0, 3) + event.as(UserEvent.class).username()));
      }
      for (int i = 0; i < 20; i++) {
        manager.publish("c", new UserEvent("" + i));
      }
      await().until(() -> heard.size() == 40);
      assertEquals(40, heard.stream().distinct().count());
    }
  }

  @Test
  void durablePatternAndBadNamesAreRefusedWithAllFaults() {
    var error =
        assertThrows(
            InvalidConfigException.class,
            () -> SubscriptionConfig.pattern("a.*").durable("x{").buffer(0).build());
    assertEquals(3, error.faults().size(), error::getMessage);
    try (Broker broker = broker()) {
      assertThrows(InvalidConfigException.class, () -> broker.publish("a\nb", "x"));
      assertThrows(
          InvalidConfigException.class,
          () -> broker.onEvent(SubscriptionConfig.of(""), TypeRef.of(Void.class), none -> {}));
    }
  }
}
