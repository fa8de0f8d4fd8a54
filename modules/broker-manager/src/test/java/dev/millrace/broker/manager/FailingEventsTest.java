package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Events on a backend that refuses, or does not answer. */
class FailingEventsTest {
  private final Backend whole = Providers.open("memory:", BackendContext.standalone("test"));
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile boolean silent;

  @AfterEach
  void close() {
    whole.close();
  }

  @Test
  void whatCouldNotStartIsStartedByTheNextStart() {
    var heard = new CopyOnWriteArrayList<String>();
    try (Broker broker = broker(BrokerConfig.builder().build())) {
      Subscription one = broker.onEvent("one", String.class, text -> heard.add(text));
      Subscription two = broker.onEvent("two", String.class, text -> heard.add(text));
      refusals.set(1);
      assertThrows(BackendUnavailableException.class, broker::start);
      assertEquals(Component.State.FAILED, one.state());
      broker.start();
      assertEquals(Component.State.RUNNING, one.state());
      assertEquals(Component.State.RUNNING, two.state());
      broker.publish("one", "1");
      broker.publish("two", "2");
      await().until(() -> heard.containsAll(List.of("1", "2")));
    }
  }

  @Test
  void whoIsInterruptedWhilePublishingGetsAnErrorOnlyOnceTheInterceptorsKnow() {
    var ends = new CopyOnWriteArrayList<Optional<Throwable>>();
    var config = BrokerConfig.builder().interceptSend(sending -> sending.onEnd(ends::add)).build();
    try (Broker broker = broker(config)) {
      silent = true;
      Thread.currentThread().interrupt();
      var error = assertThrows(InvalidStateException.class, () -> broker.publish("c", 1));
      assertTrue(Thread.interrupted());
      assertEquals(List.of(Optional.of(error)), ends);
    }
  }

  private Broker broker(BrokerConfig config) {
    return new DefaultBroker(config, StreamManager.on(failing(), config));
  }

  private Backend failing() {
    var bus =
        new EventBus() {
          @Override
          public CompletionStage<Void> publish(String channel, Entry event) {
            return silent ? new CompletableFuture<>() : whole.events().publish(channel, event);
          }

          @Override
          public CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink) {
            return refusals.getAndDecrement() > 0
                ? CompletableFuture.failedFuture(
                    new BackendUnavailableException("subscribe", pattern.text(), "away", null))
                : whole.events().subscribe(pattern, sink);
          }
        };
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, given) -> {
              if (method.getName().equals("events")) {
                return bus;
              }
              try {
                return method.invoke(whole, given);
              } catch (InvocationTargetException failed) {
                throw failed.getCause();
              }
            });
  }
}
