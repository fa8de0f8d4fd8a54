package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
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
import dev.millrace.broker.manager.metrics.Metrics;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Events on a backend that refuses, or does not answer. */
class FailingEventsTest {
  private final Backend whole = Providers.open("memory:", BackendContext.standalone("test"));
  private final AtomicInteger refusals = new AtomicInteger();

  /** What becomes of publishing; null: what the whole backend makes of it. */
  private final AtomicReference<Supplier<CompletionStage<Void>>> publishing =
      new AtomicReference<>();

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
      publishing.set(CompletableFuture::new);
      Thread.currentThread().interrupt();
      var error = assertThrows(InvalidStateException.class, () -> broker.publish("c", 1));
      assertTrue(Thread.interrupted());
      assertEquals(List.of(Optional.of(error)), ends);
    }
  }

  @Test
  void eventsThatWereNotTakenCountAsFailedAndNotAsPublished() {
    var registry = new MetricRegistry();
    var away = new BackendUnavailableException("publish", "c", "away", null);
    try (Broker broker = broker(BrokerConfig.builder().telemetry(Metrics.in(registry)).build())) {
      broker.publish("c", 1);
      publishing.set(() -> CompletableFuture.failedFuture(away));
      assertThrows(BackendUnavailableException.class, () -> broker.publish("c", 2));
      assertThrows(CompletionException.class, () -> broker.publishAsync("c", 3).join());
      publishing.set(
          () -> {
            throw away;
          });
      assertThrows(BackendUnavailableException.class, () -> broker.publishAsync("c", 4));
      assertEquals(1, registry.getMeters().get("millrace.events.published.test").getCount());
      assertEquals(3, registry.getMeters().get("millrace.events.failed.test").getCount());
    }
  }

  @Test
  void whoDoesNotWaitForItsEventTakesNothingFromCountsAndInterceptors() {
    var registry = new MetricRegistry();
    var ends = new CopyOnWriteArrayList<Optional<Throwable>>();
    var answer = new CompletableFuture<Void>();
    publishing.set(() -> answer);
    var config = BrokerConfig.builder().telemetry(Metrics.in(registry));
    try (Broker plain = broker(config.build());
        Broker intercepted =
            broker(config.interceptSend(sending -> sending.onEnd(ends::add)).build())) {
      plain.publishAsync("c", 1).cancel(true);
      intercepted.publishAsync("c", 2).cancel(true);
      answer.complete(null);
      assertEquals(2, registry.getMeters().get("millrace.events.published.test").getCount());
      await().until(() -> ends.equals(List.of(Optional.empty())));
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
            Supplier<CompletionStage<Void>> instead = publishing.get();
            return instead == null ? whole.events().publish(channel, event) : instead.get();
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
