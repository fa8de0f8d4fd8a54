package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.pubsub.Events;
import dev.millrace.broker.pubsub.EventsContext;
import dev.millrace.broker.streams.Consumers;
import dev.millrace.broker.streams.StreamsContext;
import java.util.concurrent.CompletableFuture;

/** Events of one manager: live ones, and durable ones as members of groups. */
final class ManagedEvents {
  private final BrokerConfig config;
  private final StreamsContext context;
  private final Events events;

  /**
   * For one manager.
   *
   * @param config has the lease and the retry policy of durable subscriptions
   */
  ManagedEvents(BrokerConfig config, StreamsContext context) {
    this.config = config;
    this.context = context;
    this.events =
        new Events(
            new EventsContext(
                context.backend(),
                context.codec(),
                context.clock(),
                context.telemetry(),
                context.maxMessageBytes(),
                context.closeDeadline(),
                context.patience(),
                context.interceptors()),
            context.random());
  }

  /** New and not started. */
  Subscription subscription(
      String name,
      SubscriptionConfig subscription,
      Handler<? super Message> handler,
      Runnable onClosed) {
    return subscription
        .durable()
        .map(group -> durable(name, group, subscription, handler, onClosed))
        .orElseGet(
            () ->
                events.subscription(
                    name,
                    subscription,
                    InterceptedHandlers.live(context.interceptors(), handler),
                    onClosed));
  }

  private Subscription durable(
      String name,
      String group,
      SubscriptionConfig subscription,
      Handler<? super Message> handler,
      Runnable onClosed) {
    String channel = subscription.channel().text();
    ConsumerConfig member =
        ConsumerConfig.builder(Names.events(channel))
            .group(group)
            .consumerName(context.backend().context().instance())
            .concurrency(subscription.inOrder() ? 1 : subscription.concurrency())
            .lease(config.lease())
            .retry(config.retry())
            .start(StartPosition.latest())
            .build();
    Consumer consumer =
        Consumers.create(
            name,
            member,
            InterceptedHandlers.kept(context.interceptors(), channel, handler),
            context,
            onClosed);
    return new DurableSubscription(consumer, channel);
  }

  CompletableFuture<Void> publish(String channel, Object payload, SendOptions options) {
    return events.publish(channel, payload, options);
  }

  /** Nothing is measured any more. */
  void close() {
    events.close();
  }

  void publishAndWait(String channel, Object payload, SendOptions options) {
    events.publishAndWait(channel, payload, options);
  }
}
