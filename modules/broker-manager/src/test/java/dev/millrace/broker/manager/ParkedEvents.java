package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.DurableName;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.SubscriptionConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;

/** A durable name whose only event failed and waits for long, on any backend. */
final class ParkedEvents {
  private static final RetryPolicy LONG =
      RetryPolicy.builder()
          .maxAttempts(3)
          .firstDelay(Duration.ofHours(1))
          .maxDelay(Duration.ofHours(1))
          .build();

  private ParkedEvents() {}

  /** Who looks at the names sees that the event is not handled, and that nobody listens. */
  static void areTold(String url, String channel) {
    var failed = new AtomicBoolean();
    try (var manager =
        StreamManager.connect(
            url, BrokerConfig.builder().lease(Duration.ofSeconds(1)).retry(LONG).build())) {
      manager.createSubscription(
          "s",
          SubscriptionConfig.channel(channel).durable("mail").build(),
          event -> {
            failed.set(true);
            throw new IllegalStateException("no mail server");
          });
      manager.publish(channel, "one", SendOptions.none());
      await().until(() -> failed.get() && name(manager, channel).oldest().isEmpty());
      manager.removeSubscription("s");
      DurableName left = name(manager, channel);
      assertFalse(left.served());
      assertEquals(Optional.empty(), left.oldest());
      assertEquals(OptionalLong.of(1), left.waiting());
    }
  }

  private static DurableName name(StreamManager manager, String channel) {
    return manager.durableNames().stream()
        .filter(name -> name.channel().equals(channel))
        .findFirst()
        .orElseThrow();
  }
}
