package dev.millrace.broker.manager;

import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.BatchHandler;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DeadLetters;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.DurableName;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.OutcomeBatchHandler;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.ReplayReport;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamAudit;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.TaskScheduling;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.cleanup.Cleaning;
import dev.millrace.broker.cleanup.StreamCleaner;
import dev.millrace.broker.streams.BackupQueues;
import dev.millrace.broker.streams.Consumers;
import dev.millrace.broker.streams.Replay;
import dev.millrace.broker.streams.StreamDeadLetters;
import dev.millrace.broker.streams.StreamsContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The registry of all components on one backend. */
public final class DefaultStreamManager implements StreamManager {
  private final BrokerConfig config;
  private final StreamsContext context;
  private final boolean ownsBackend;
  private final Runnable closed;
  private final Requirements requirements;
  private final Registry registry = new Registry();
  private final RetentionDefaults defaults;
  private final Cleaners cleaners;
  private final ManagedStreams streams;
  private final Policies policies;
  private final BackupQueues queues;
  private final ManagedEvents events;
  private final DurableNames durableNames;
  private final ManagedProducers producers;
  private final ManagedConsumers consumers;
  private final ManagedRequests requests;

  /** One shutdown at a time; later callers wait here for the first one's report. */
  private final ReentrantLock shutdown = new ReentrantLock();

  private @Nullable DrainReport report;

  /**
   * For the wiring.
   *
   * @param ownsBackend whether shutting down closes the backend
   * @param closed run when everything else is closed
   */
  public DefaultStreamManager(
      BrokerConfig config, StreamsContext given, boolean ownsBackend, Runnable closed) {
    this.config = config;
    this.context = given.intercepted(InterceptedHandlers.interceptors(config));
    this.ownsBackend = ownsBackend;
    this.closed = closed;
    this.requirements = new Requirements(context.backend());
    this.defaults = new RetentionDefaults(config.retention());
    TaskScheduling scheduling =
        new Schedulings(Providers.schedulings(), context.clock()).open(config);
    this.cleaners =
        new Cleaners(
            Cleaning.on(context.backend(), scheduling, context.random(), context.telemetry()),
            scheduling,
            defaults,
            this::addCleaner);
    this.streams = new ManagedStreams(cleaners::start);
    this.policies =
        new Policies(context, requirements, this::cleanedBy, defaults, this::retentionChanged);
    this.queues =
        new BackupQueues(context, JournalPlace.of(config, context.backend()), streams::inForce);
    var holdings = new Holdings(streams, cleaners);
    this.producers =
        new ManagedProducers(
            config, context, requirements, defaults, streams, holdings, queues, registry);
    this.consumers = new ManagedConsumers(config, context, requirements, holdings, registry);
    this.events = new ManagedEvents(config, context, requirements, defaults, holdings, registry);
    this.durableNames = new DurableNames(context, requirements);
    this.requests = new ManagedRequests(config, context, requirements, registry);
  }

  @Override
  public Producer createSimpleProducer(String name, String stream) {
    return producers.simple(name, stream);
  }

  @Override
  public Producer createSimpleProducer(String name, StreamConfig stream) {
    return producers.simple(name, stream);
  }

  @Override
  public BackupProducer createBackupProducer(String name, String stream) {
    return producers.backup(name, stream);
  }

  @Override
  public BackupProducer createBackupProducer(String name, StreamConfig stream) {
    return producers.backup(name, stream);
  }

  @Override
  public Consumer createConsumer(
      String name, ConsumerConfig asked, Handler<? super Message> handler) {
    return createConsumer(name, asked, Consumers.acknowledging(handler));
  }

  @Override
  public Consumer createConsumer(
      String name, ConsumerConfig asked, OutcomeHandler<? super Message> handler) {
    return consumers.single(name, asked, handler);
  }

  @Override
  public Consumer createBatchConsumer(
      String name, ConsumerConfig asked, BatchHandler<? super Message> handler) {
    return createBatchConsumer(name, asked, Consumers.acknowledgingAll(handler));
  }

  @Override
  public Consumer createBatchConsumer(
      String name, ConsumerConfig asked, OutcomeBatchHandler<? super Message> handler) {
    return consumers.batch(name, asked, handler);
  }

  @Override
  public Subscription createSubscription(
      String name, SubscriptionConfig config, Handler<? super Message> handler) {
    return events.subscription(name, config, handler);
  }

  @Override
  public void publish(String channel, Object payload, SendOptions options) {
    events.publishAndWait(channel, payload, options);
  }

  @Override
  public CompletableFuture<Void> publishAsync(String channel, Object payload, SendOptions options) {
    return events.publish(channel, payload, options);
  }

  @Override
  public RequestClient createRequestClient(String name, String stream) {
    return requests.client(name, stream);
  }

  @Override
  public RequestServer createRequestServer(String name, String stream, int slots) {
    return requests.server(name, stream, slots);
  }

  private StreamCleaner addCleaner(String name, Function<Runnable, StreamCleaner> factory) {
    return registry.add(
        "create cleaner",
        name,
        "cleaner",
        unregister -> Registry.started(factory.apply(unregister)));
  }

  @Override
  public Producer producer(String name) {
    return registry.require("find producer", name, Producer.class, "producer");
  }

  @Override
  public Consumer consumer(String name) {
    return registry.require("find consumer", name, Consumer.class, "consumer");
  }

  @Override
  public Subscription subscription(String name) {
    return registry.require("find subscription", name, Subscription.class, "subscription");
  }

  @Override
  public RequestClient requestClient(String name) {
    return registry.require("find request client", name, RequestClient.class, "request client");
  }

  @Override
  public RequestServer requestServer(String name) {
    return registry.require("find request server", name, RequestServer.class, "request server");
  }

  @Override
  public Component component(String name) {
    return registry.require("find component", name, Component.class, "component");
  }

  @Override
  public List<ComponentInfo> requestClients() {
    return registry.infos(RequestClient.class);
  }

  @Override
  public List<ComponentInfo> requestServers() {
    return registry.infos(RequestServer.class);
  }

  @Override
  public List<ComponentInfo> subscriptions() {
    return registry.infos(Subscription.class);
  }

  @Override
  public Optional<Component> find(String name) {
    return registry.find(name);
  }

  @Override
  public List<ComponentInfo> producers() {
    return registry.infos(Producer.class);
  }

  @Override
  public List<ComponentInfo> consumers() {
    return registry.infos(Consumer.class);
  }

  @Override
  public List<ComponentInfo> components() {
    return registry.infos(Component.class);
  }

  @Override
  public DrainReport stopComponent(String name) {
    return component(name).stop(config.shutdownDeadline());
  }

  @Override
  public DrainReport removeComponent(String name) {
    Component component = component(name);
    DrainReport report = component.stop(config.shutdownDeadline());
    component.close();
    return report;
  }

  @Override
  public DrainReport stopConsumer(String name) {
    return consumer(name).stop(config.shutdownDeadline());
  }

  @Override
  public ReplayReport replay(String stream, StartPosition from, Handler<? super Message> handler) {
    return replay(stream, from, Optional.empty(), handler);
  }

  @Override
  public ReplayReport replay(
      String stream, StartPosition from, Instant until, Handler<? super Message> handler) {
    return replay(stream, from, Optional.of(until), handler);
  }

  private ReplayReport replay(
      String stream,
      StartPosition from,
      Optional<Instant> until,
      Handler<? super Message> handler) {
    Names.checkStream(stream);
    requirements.checkReplay(stream);
    return Replay.run(context, stream, from, until, handler);
  }

  @Override
  public StreamAudit audit(String stream) {
    Names.checkStream(stream);
    requirements.checkAudit(stream);
    return new ManagedAudit(context, stream);
  }

  @Override
  public List<String> auditedStreams() {
    requirements.checkAudit("all streams");
    return ManagedAudit.streams(context);
  }

  @Override
  public DeadLetters deadLetters(String stream) {
    return deadLetters(stream, config.consumerGroup());
  }

  @Override
  public DeadLetters deadLetters(String stream, String group) {
    Names.checkStream(stream);
    Names.check("group name", group);
    return letters(Names.deadLetter(stream, group), new GroupRef(stream, group));
  }

  @Override
  public DeadLetters deadLettersIn(String deadLetterStream) {
    Names.checkStream(deadLetterStream);
    return letters(deadLetterStream, new GroupRef("", ""));
  }

  private DeadLetters letters(String stream, GroupRef origin) {
    requirements.checkDeadLetters(stream);
    return new StreamDeadLetters(context, stream, origin);
  }

  @Override
  public StreamConfig retention(String stream) {
    return policies.inForce(stream);
  }

  @Override
  public RetentionPolicy retentionChanges(String stream) {
    return policies.changed(stream);
  }

  @Override
  public boolean streamExists(String stream) {
    return policies.exists(stream);
  }

  @Override
  public void changeRetention(String stream, RetentionPolicy changes) {
    policies.change(stream, changes);
  }

  @Override
  public void resetRetention(String stream) {
    policies.reset(stream);
  }

  private void retentionChanged(String stream, Map<String, String> settings) {
    context.backlogs().changed(stream, settings);
    cleaners.changed(stream);
  }

  @Override
  public RetentionReport explainRetention(String stream) {
    return policies.explain(stream, isCleanedHere(stream));
  }

  private boolean isCleanedHere(String stream) {
    return registry
        .find(Cleaners.PREFIX + stream)
        .filter(cleaner -> cleaner.info().counts().getOrDefault("leader", 0L) > 0)
        .isPresent();
  }

  /** With which configuration a stream is used here, or its dead letters are kept. */
  private Optional<StreamConfig> cleanedBy(String stream) {
    return streams.inForce(stream).or(() -> cleaners.ofDeadLetters(stream));
  }

  @Override
  public List<Drop> drops(String stream, int most) {
    return policies.drops(stream, most);
  }

  @Override
  public List<Housekeeping.Leftover> leftovers() {
    return policies.leftovers();
  }

  @Override
  public List<DurableName> durableNames() {
    return durableNames.all();
  }

  @Override
  public boolean forgetDurable(String channel, String name) {
    return durableNames.forget(channel, name);
  }

  @Override
  public List<Housekeeping.Risk> risks() {
    return policies.risks();
  }

  @Override
  public Telemetry telemetry() {
    return context.telemetry();
  }

  @Override
  public DrainReport shutdown(Duration deadline) {
    shutdown.lock();
    try {
      DrainReport done = report;
      if (done == null) {
        registry.close();
        Backend owned = ownsBackend ? context.backend() : null;
        done =
            new Shutdown(registry, cleaners, queues, context.clock(), this::nothingMeasured, owned)
                .run(deadline);
        report = done;
      }
      return done;
    } finally {
      shutdown.unlock();
    }
  }

  private void nothingMeasured() {
    events.close();
    closed.run();
  }

  @Override
  public void close() {
    shutdown(config.shutdownDeadline());
  }
}
