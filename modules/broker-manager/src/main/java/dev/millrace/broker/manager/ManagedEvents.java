package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.pubsub.Events;
import dev.millrace.broker.pubsub.EventsContext;
import dev.millrace.broker.streams.Consumers;
import dev.millrace.broker.streams.StreamsContext;
import java.util.concurrent.CompletableFuture;

/** Events of one manager: live ones, and durable ones as members of groups. */
final class ManagedEvents {
  private static final String OPERATION = "create subscription";

  private final BrokerConfig config;
  private final StreamsContext context;
  private final Requirements requirements;
  private final RetentionDefaults defaults;
  private final Holdings holdings;
  private final Registry registry;
  private final Events events;

  /**
   * For one manager.
   *
   * @param config has the lease and the retry policy of durable subscriptions
   */
  ManagedEvents(
      BrokerConfig config,
      StreamsContext context,
      Requirements requirements,
      RetentionDefaults defaults,
      Holdings holdings,
      Registry registry) {
    this.config = config;
    this.context = context;
    this.requirements = requirements;
    this.defaults = defaults;
    this.holdings = holdings;
    this.registry = registry;
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

  Subscription subscription(
      String name, SubscriptionConfig asked, Handler<? super Message> handler) {
    Registry.checkName(name);
    requirements.check(name, asked);
    return registry.add(
        OPERATION,
        name,
        "subscription",
        unregister -> {
          Subscription made =
              asked
                  .durable()
                  .map(group -> kept(name, group, asked, handler, unregister))
                  .orElseGet(
                      () ->
                          events.subscription(
                              name,
                              asked,
                              InterceptedHandlers.live(context.interceptors(), handler),
                              unregister));
          return asked.autoStart() ? Registry.started(made) : made;
        });
  }

  /** Where events are kept there is a stream to be trimmed, as long as the subscription is here. */
  private Subscription kept(
      String name,
      String group,
      SubscriptionConfig subscription,
      Handler<? super Message> handler,
      Runnable unregister) {
    StreamConfig kept = defaults.fill(StreamConfig.of(Names.events(subscription.channel().text())));
    return holdings.using(
        OPERATION,
        kept,
        unregister,
        released ->
            holdings.withDeadLetters(
                Names.deadLetter(kept.name(), group),
                released,
                onClosed -> durable(name, group, subscription, handler, onClosed)));
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
