package dev.millrace.broker.examples;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import java.util.concurrent.CountDownLatch;

/**
 * Hears events live, by a pattern of channels, and has those of one channel kept: what was
 * published while nobody listened is there when the program comes back.
 */
public final class Events {
  private Events() {}

  /** An event. */
  public record Login(String user) {}

  /** Takes the URL of a backend; without it everything is in memory. */
  public static void main(String[] arguments) throws InterruptedException {
    String url = arguments.length > 0 ? arguments[0] : "memory:events";
    try (Broker publisher = Broker.connect(url)) {
      listen(url, publisher, "Alice");
      publisher.publish("user.login", new Login("Bob")); // nobody listens
      listen(url, publisher, "Carol");
    }
  }

  private static void listen(String url, Broker publisher, String user)
      throws InterruptedException {
    var mail = SubscriptionConfig.channel("user.login").durable("mail").inOrder(true).build();
    var heard = new CountDownLatch(1);
    var kept = new CountDownLatch(1);
    try (Broker broker = Broker.connect(url)) {
      Subscription live =
          broker.onEventPattern(
              "user.*",
              Login.class,
              login -> {
                System.out.println("live " + login.user());
                heard.countDown();
              });
      live.onGap(gap -> System.out.println("missed from " + gap.from() + " to " + gap.to()));
      broker.onEvent(
          mail,
          TypeRef.of(Login.class),
          login -> {
            System.out.println("kept " + login.user());
            if (login.user().equals(user)) {
              kept.countDown();
            }
          });
      broker.start();
      publisher.publish("user.login", new Login(user));
      heard.await();
      kept.await();
    }
  }
}
