package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.ComponentHealth.Level;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A consumer on Redis whose stream has messages that do not come. */
class SilentReaderTest {
  private static final String STREAM = "silent";

  private final AtomicInteger handled = new AtomicInteger();

  private static Consumer consumer(Scene scene, String url, Handler<Message> handler) {
    Broker broker =
        scene.closing(
            Broker.connect(url, b -> b.appName("faults").shutdownDeadline(Duration.ofSeconds(1))));
    var config =
        ConsumerConfig.builder(STREAM)
            .group("g")
            .concurrency(2)
            .lease(Duration.ofSeconds(3))
            .stallAfter(Duration.ofSeconds(1))
            .build();
    return broker.streams().createConsumer("c", config, handler);
  }

  private static void send(Scene scene, int count) {
    for (int i = 0; i < count; i++) {
      scene.redis().command("XADD", STREAM, "*", "n", "" + i);
    }
  }

  private static Level level(Consumer consumer) {
    return consumer.info().health().level();
  }

  private static long stalls(Consumer consumer) {
    return consumer.info().counts().get("stalled");
  }

  @Test
  void consumerThatHearsNothingTurnsRedAndReadsAnewAndIsGreenAgain() throws Exception {
    try (var scene = new Scene();
        var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      // Nothing else would notice for a minute.
      String url = proxy.url() + "?commandTimeout=60s";
      ProxyRule rule = proxy.loseReplies(words -> words.contains("BLOCK"), 1);
      Consumer consumer = consumer(scene, url, message -> handled.incrementAndGet());
      Scene.await("a wait has no answer", Scene.SOON, () -> rule.hits() == 1);
      assertEquals(Level.GREEN, level(consumer));
      send(scene, 3);
      Scene.await("it is red, and reads anew", Scene.SOON, () -> stalls(consumer) >= 1);
      Scene.await("messages come", Duration.ofSeconds(10), () -> handled.get() == 3);
      Scene.await("it is green", Scene.SOON, () -> level(consumer) == Level.GREEN);
      send(scene, 3);
      Scene.await("messages come at once", Duration.ofSeconds(2), () -> handled.get() == 6);
      assertTrue(stalls(consumer) <= 3, () -> stalls(consumer) + " readers for one lost answer");
    }
  }

  @Test
  void consumerWhoseHandlersAreAllBusyIsYellowAndItsReaderStays() throws Exception {
    var over = new CountDownLatch(1);
    try (var scene = new Scene()) {
      Consumer consumer =
          consumer(
              scene,
              scene.redis().url(),
              message -> {
                over.await();
                handled.incrementAndGet();
              });
      try {
        send(scene, 5);
        Scene.await("it is yellow", Scene.SOON, () -> level(consumer) == Level.YELLOW);
        Scene.holds("it is not red", Duration.ofSeconds(3), () -> level(consumer) == Level.YELLOW);
        assertEquals(0, stalls(consumer));
      } finally {
        over.countDown();
      }
      Scene.await("all are handled", Scene.SOON, () -> handled.get() == 5);
      Scene.await("it is green", Scene.SOON, () -> level(consumer) == Level.GREEN);
    }
  }

  @Test
  void consumerThatIdlesOrPausesIsGreen() throws Exception {
    try (var scene = new Scene()) {
      Consumer consumer =
          consumer(scene, scene.redis().url(), message -> handled.incrementAndGet());
      send(scene, 1);
      Scene.await("it is handled", Scene.SOON, () -> handled.get() == 1);
      Scene.holds("it idles", Duration.ofSeconds(3), () -> level(consumer) == Level.GREEN);
      consumer.pause();
      send(scene, 1);
      Scene.holds("it pauses", Duration.ofSeconds(3), () -> level(consumer) == Level.GREEN);
      assertEquals(0, stalls(consumer));
      consumer.resume();
      Scene.await("it goes on", Scene.SOON, () -> handled.get() == 2);
    }
  }
}
