package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.ComponentHealth.Level;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Dead letters whose stream cannot be written, because something else has its name. */
class RefusedDeadLetterTest {
  private static final String DEAD = "{refused}:dead:g";
  private static final int POISONS = 3;

  private final AtomicInteger poisoned = new AtomicInteger();
  private final AtomicInteger handled = new AtomicInteger();

  private static Consumer consumer(Scene scene, Handler<Message> handler) {
    Broker broker =
        scene.closing(
            Broker.connect(
                scene.redis().url(),
                b -> b.appName("faults").shutdownDeadline(Duration.ofSeconds(1))));
    var config =
        ConsumerConfig.builder("refused")
            .group("g")
            .lease(Duration.ofSeconds(1))
            .retry(RetryPolicy.none())
            .build();
    return broker.streams().createConsumer("c", config, handler);
  }

  private void handle(Message message) {
    if (message.fields().text("n").equals("poison")) {
      poisoned.incrementAndGet();
      throw new IllegalArgumentException("no");
    }
    handled.incrementAndGet();
  }

  @Test
  void theyWaitInTheirPlacesAndAreSeenAndLoggedOnceAndMovedWhenTheyCanBe() throws Exception {
    try (var scene = new Scene();
        var log = new LogLines()) {
      scene.redis().command("SET", DEAD, "text");
      Consumer consumer = consumer(scene, this::handle);
      for (int i = 0; i < POISONS; i++) {
        scene.redis().command("XADD", "refused", "*", "n", "poison");
      }
      Scene.await("it is yellow", Scene.SOON, () -> level(consumer) == Level.YELLOW);
      String reason = consumer.info().health().reason().orElseThrow();
      assertTrue(reason.contains("refuses 3 dead letters for [" + DEAD + "]"), reason);
      String error = consumer.info().lastError().orElseThrow();
      assertTrue(error.contains("refuses MoveTo"), error);
      for (int i = 1; i <= 20; i++) {
        int sent = i;
        scene.redis().command("XADD", "refused", "*", "n", "good");
        Scene.holds("others pass", Duration.ofMillis(100), () -> true);
        Scene.await("others are handled", Scene.SOON, () -> handled.get() == sent);
      }
      Scene.await("nothing else is pending", Scene.SOON, () -> pending(scene) == POISONS);
      List<String> lines = log.containing("cannot be moved");
      assertEquals(1, lines.size(), lines::toString);
      assertTrue(lines.getFirst().contains("WRONGTYPE"), lines::toString);
      assertEquals(List.of(), log.containing("cannot read"));
      assertEquals(Level.YELLOW, level(consumer));

      scene.redis().command("DEL", DEAD);
      Scene.await(
          "they are moved", Scene.SOON, () -> scene.redis().number("XLEN", DEAD) == POISONS);
      Scene.await("nothing is pending", Scene.SOON, () -> pending(scene) == 0);
      Scene.await("it is green", Scene.SOON, () -> level(consumer) == Level.GREEN);
      assertEquals(POISONS, poisoned.get(), "moves were repeated, not handlers");
    }
  }

  private static Level level(Consumer consumer) {
    return consumer.info().health().level();
  }

  private static long pending(Scene scene) {
    Object summary = scene.redis().command("XPENDING", "refused", "g");
    return Long.parseLong(String.valueOf(((List<?>) summary).getFirst()));
  }
}
