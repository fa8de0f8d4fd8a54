package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.OutcomeBatchHandler;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.streams.Consumers;
import dev.millrace.broker.streams.StreamsContext;
import java.util.function.BiFunction;

/** Makes the consumers of one manager, each registered, and its dead letters cleaned. */
final class ManagedConsumers {
  private final BrokerConfig config;
  private final StreamsContext context;
  private final Requirements requirements;
  private final Holdings holdings;
  private final Registry registry;

  ManagedConsumers(
      BrokerConfig config,
      StreamsContext context,
      Requirements requirements,
      Holdings holdings,
      Registry registry) {
    this.config = config;
    this.context = context;
    this.requirements = requirements;
    this.holdings = holdings;
    this.registry = registry;
  }

  Consumer single(String name, ConsumerConfig asked, OutcomeHandler<? super Message> handler) {
    return add(
        name,
        asked,
        (resolved, onClosed) ->
            Consumers.create(
                name,
                resolved,
                InterceptedHandlers.single(context.interceptors(), handler),
                context,
                onClosed));
  }

  Consumer batch(String name, ConsumerConfig asked, OutcomeBatchHandler<? super Message> handler) {
    return add(
        name,
        asked,
        (resolved, onClosed) ->
            Consumers.createBatch(
                name,
                resolved,
                InterceptedHandlers.batch(context.interceptors(), handler),
                context,
                onClosed));
  }

  private Consumer add(
      String name, ConsumerConfig asked, BiFunction<ConsumerConfig, Runnable, Consumer> factory) {
    String group = asked.group().orElse(config.consumerGroup());
    ConsumerConfig resolved =
        asked.toBuilder()
            .group(group)
            .consumerName(asked.consumerName().orElse(context.backend().context().instance()))
            .build();
    Registry.checkName(name);
    requirements.check(name, resolved);
    String letters =
        resolved.deadLetter().orElseGet(() -> Names.deadLetter(resolved.stream(), group));
    return registry.add(
        "create consumer",
        name,
        "consumer",
        unregister -> {
          Consumer consumer =
              holdings.withDeadLetters(
                  letters, unregister, onClosed -> factory.apply(resolved, onClosed));
          return resolved.autoStart() ? Registry.started(consumer) : consumer;
        });
  }
}
