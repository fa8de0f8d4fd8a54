package dev.millrace.broker.manager;

import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.streams.BackupQueues;
import dev.millrace.broker.streams.Producers;
import dev.millrace.broker.streams.StreamsContext;
import java.util.function.Function;

/** Makes the producers of one manager, each started and registered. */
final class ManagedProducers {
  private final BrokerConfig config;
  private final StreamsContext context;
  private final Requirements requirements;
  private final RetentionDefaults defaults;
  private final ManagedStreams streams;
  private final Holdings holdings;
  private final BackupQueues queues;
  private final Registry registry;

  ManagedProducers(
      BrokerConfig config,
      StreamsContext context,
      Requirements requirements,
      RetentionDefaults defaults,
      ManagedStreams streams,
      Holdings holdings,
      BackupQueues queues,
      Registry registry) {
    this.config = config;
    this.context = context;
    this.requirements = requirements;
    this.defaults = defaults;
    this.streams = streams;
    this.holdings = holdings;
    this.queues = queues;
    this.registry = registry;
  }

  Producer simple(String name, String stream) {
    return simple(name, streams.inForce(stream).orElseGet(() -> StreamConfig.of(stream)));
  }

  Producer simple(String name, StreamConfig asked) {
    Registry.checkName(name);
    StreamConfig stream = defaults.fill(asked);
    requirements.check(name, stream);
    return add(
        name,
        "simple producer",
        stream,
        onClosed -> Producers.simple(name, stream, context, onClosed));
  }

  BackupProducer backup(String name, String stream) {
    return streams
        .inForce(stream)
        .map(inForce -> addBackup(name, inForce))
        .orElseGet(() -> backup(name, StreamConfig.of(stream)));
  }

  BackupProducer backup(String name, StreamConfig stream) {
    return addBackup(
        name,
        stream.groups().isEmpty() && !stream.history()
            ? stream.toBuilder().groups(config.consumerGroup()).build()
            : stream);
  }

  private BackupProducer addBackup(String name, StreamConfig asked) {
    Registry.checkName(name);
    StreamConfig stream = defaults.fill(asked);
    requirements.checkBackup(name, stream);
    return add(
        name,
        "backup producer",
        stream,
        onClosed -> Producers.backup(name, stream, context, queues, onClosed));
  }

  private <P extends Producer> P add(
      String name, String kind, StreamConfig stream, Function<Runnable, P> factory) {
    String operation = "create producer";
    return registry.add(
        operation,
        name,
        kind,
        unregister -> Registry.started(holdings.using(operation, stream, unregister, factory)));
  }
}
