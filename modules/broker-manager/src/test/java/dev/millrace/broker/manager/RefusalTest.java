package dev.millrace.broker.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.testkit.LimitedBackend;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a backend cannot promise is refused when a component asks for it, by name, and before
 * anything is made.
 */
class RefusalTest {
  private final Backend whole = Providers.open("memory:", BackendContext.standalone("test"));
  private final LinkedBlockingQueue<Message> handled = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    whole.close();
  }

  private static StreamManager on(Backend backend) {
    return StreamManager.on(backend, BrokerConfig.builder().build());
  }

  private static ConsumerConfig.Builder atOnce() {
    return ConsumerConfig.builder("s")
        .retry(
            RetryPolicy.builder()
                .maxAttempts(3)
                .firstDelay(Duration.ZERO)
                .maxDelay(Duration.ZERO)
                .build());
  }

  private void refused(Backend backend, ConsumerConfig config, String feature) {
    try (var manager = on(backend)) {
      var error =
          assertThrows(
              UnsupportedByBackendException.class,
              () -> manager.createConsumer("billing", config, handled::add));
      assertEquals(feature, error.feature());
      assertTrue(error.getMessage().contains("billing"), error.getMessage());
      assertEquals(List.of(), manager.components());
    }
  }

  @Test
  void delaysBetweenAttemptsAreRefusedWhereReleaseIsAtOnce() {
    refused(LimitedBackend.rabbitMqLike(whole), ConsumerConfig.of("s"), "DELAYED_RELEASE");
    refused(LimitedBackend.kafkaLike(whole), ConsumerConfig.of("s"), "DELAYED_RELEASE");
  }

  @Test
  void startsWithinTheStreamAreRefusedWithoutHistory() {
    var config = atOnce().start(StartPosition.at(Instant.EPOCH)).build();
    refused(LimitedBackend.rabbitMqLike(whole), config, "HISTORY");
  }

  @Test
  void retriesAreRefusedWithoutReleaseOrCount() {
    refused(only(BackendFeatures.Feature.MOVE), atOnce().build(), "RELEASE");
    refused(
        only(BackendFeatures.Feature.MOVE, BackendFeatures.Feature.RELEASE),
        atOnce().build(),
        "DELIVERY_COUNT");
  }

  @Test
  void deadLettersAreRefusedWithoutMove() {
    refused(only(), ConsumerConfig.builder("s").retry(RetryPolicy.none()).build(), "MOVE");
  }

  @Test
  void whatAsksForNoMoreThanThereIsRuns() throws Exception {
    for (Backend backend :
        List.of(LimitedBackend.rabbitMqLike(whole), LimitedBackend.kafkaLike(whole))) {
      try (var manager = on(backend)) {
        manager.createSimpleProducer("p", "s");
        manager.createConsumer("c", atOnce().build(), handled::add);
        manager.send("p", Fields.of("n", 1));
        assertTrue(handled.poll(5, TimeUnit.SECONDS) != null);
      }
    }
  }

  @Test
  void aDurabilityThatIsNotOfferedIsRefusedWithWhatThereIs() {
    try (var manager = on(whole)) {
      for (var asked :
          List.of(Durability.fsynced(), Durability.replicated(1, Duration.ofSeconds(1)))) {
        var config =
            StreamConfig.builder("s").sending(SendPolicy.defaults().withDurability(asked)).build();
        var error =
            assertThrows(
                UnsupportedByBackendException.class,
                () -> manager.createSimpleProducer("billing", config));
        assertEquals(BackendFeatures.levelOf(asked).name(), error.feature());
        assertTrue(error.getMessage().contains("offers [MEMORY]"), error.getMessage());
        assertEquals(List.of(), manager.components());
      }
    }
  }

  private Backend only(BackendFeatures.Feature... features) {
    return new LimitedBackend(
        whole,
        new BackendFeatures(
            Set.of(features),
            Map.of(),
            BackendFeatures.Ordering.STREAM,
            whole.features().durability()));
  }
}
