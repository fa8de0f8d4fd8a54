package dev.millrace.broker.api;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerRuntime;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Telemetry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Owns named producers and consumers: makes them, finds them, lists them, starts and stops them at
 * run time, and shuts all of them down in order. Thread-safe.
 *
 * <p>A name belongs to one component of any kind. Names that begin with {@code cleaner:} are for
 * cleaners. A name that is taken is a {@link NameTakenException}, one that does not exist an {@link
 * UnknownNameException} with near matches.
 */
public interface StreamManager extends AutoCloseable {
  /**
   * Opens the backend at this URL and makes a manager that owns it.
   *
   * @param url for instance {@code memory:} or {@code redis://localhost:6379}
   * @throws InvalidConfigException if the URL is not understood
   * @throws BackendUnavailableException if the backend cannot be reached
   */
  static StreamManager connect(String url) {
    return connect(url, BrokerConfig.builder().build());
  }

  /**
   * As {@link #connect(String)}, with settings; those that concern only {@link Broker} have no
   * effect.
   */
  static StreamManager connect(String url, BrokerConfig config) {
    return BrokerRuntime.load().streams(url, config);
  }

  /** Makes a manager on a backend of the caller's, which the caller closes. */
  static StreamManager on(Backend backend, BrokerConfig config) {
    return BrokerRuntime.load().streams(backend, config);
  }

  /**
   * As {@link #createSimpleProducer(String, StreamConfig)} with the configuration that is in force
   * for this stream here, or else the defaults.
   */
  default Producer createSimpleProducer(String name, String stream) {
    return createSimpleProducer(name, StreamConfig.of(stream));
  }

  /**
   * Makes and starts a producer that sends straight to its stream.
   *
   * @throws NameTakenException if the name is taken
   * @throws StreamConfigConflictException if the stream is in use here with other settings
   * @throws UnsupportedByBackendException if the backend does not offer the durability asked for
   * @throws BackendUnavailableException if the backend cannot be reached; nothing is registered
   */
  Producer createSimpleProducer(String name, StreamConfig stream);

  /**
   * As {@link #createBackupProducer(String, StreamConfig)} with the configuration that is in force
   * for this stream here, or else the defaults.
   */
  default BackupProducer createBackupProducer(String name, String stream) {
    return createBackupProducer(name, StreamConfig.of(stream));
  }

  /**
   * Makes and starts a producer that goes on accepting when its stream is full or the backend is
   * gone; see {@link BackupProducer}. A stream that declares no group gets this manager's. One that
   * cannot be reached now is declared when it can. The backup stream is {@code {stream}:backup}.
   *
   * @throws NameTakenException if the name is taken
   * @throws StreamConfigConflictException if the stream is in use here with other settings
   * @throws InvalidConfigException if the stream is history, or its overflow policy is to drop
   * @throws UnsupportedByBackendException if the backend lacks what it takes, or the durability
   * @throws JournalException if the journal cannot be opened
   */
  BackupProducer createBackupProducer(String name, StreamConfig stream);

  /**
   * As {@link #createConsumer(String, ConsumerConfig, Handler)} with the defaults for this stream.
   */
  default Consumer createConsumer(String name, String stream, Handler<? super Message> handler) {
    return createConsumer(name, ConsumerConfig.of(stream), handler);
  }

  /**
   * Makes a member of a consumer group, and starts it unless its configuration says otherwise.
   * Returning from the handler acknowledges the message. The stream and the group are made where
   * they do not exist.
   *
   * @throws NameTakenException if the name is taken
   * @throws UnsupportedByBackendException if the backend cannot do what the configuration asks for
   * @throws BackendUnavailableException if the backend cannot be reached; nothing is registered
   */
  Consumer createConsumer(String name, ConsumerConfig config, Handler<? super Message> handler);

  /**
   * As {@link #createConsumer(String, ConsumerConfig, OutcomeHandler)} with the defaults for this
   * stream.
   */
  default Consumer createConsumer(
      String name, String stream, OutcomeHandler<? super Message> handler) {
    return createConsumer(name, ConsumerConfig.of(stream), handler);
  }

  /**
   * As {@link #createConsumer(String, ConsumerConfig, Handler)}, with a handler that says what is
   * to become of a message.
   */
  Consumer createConsumer(
      String name, ConsumerConfig config, OutcomeHandler<? super Message> handler);

  /**
   * As {@link #createConsumer(String, ConsumerConfig, Handler)}, with a handler that takes several
   * messages at once: up to {@link ConsumerConfig#batchSize()}, or what came within {@link
   * ConsumerConfig#batchTime()}. A name of its own, because a lambda fits both kinds of handler.
   */
  Consumer createBatchConsumer(
      String name, ConsumerConfig config, BatchHandler<? super Message> handler);

  /** As {@link #createBatchConsumer(String, ConsumerConfig, BatchHandler)}, with outcomes. */
  Consumer createBatchConsumer(
      String name, ConsumerConfig config, OutcomeBatchHandler<? super Message> handler);

  /** Sends with the named producer; see {@link Producer#send(Fields)}. */
  default SendResult send(String producer, Fields fields) {
    return producer(producer).send(fields);
  }

  /** Sends with the named producer; see {@link Producer#sendPayload(String, Object)}. */
  default SendResult sendPayload(String producer, String type, Object payload) {
    return producer(producer).sendPayload(type, payload);
  }

  /** As {@link #createSubscription(String, SubscriptionConfig, Handler)} with the defaults. */
  default Subscription createSubscription(
      String name, String channel, Handler<? super Message> handler) {
    return createSubscription(name, SubscriptionConfig.of(channel), handler);
  }

  /**
   * Makes a subscription to live events, or to kept ones if it is durable, and starts it unless its
   * configuration says otherwise. An event's {@link Message#stream()} is its channel.
   *
   * @throws NameTakenException if the name is taken
   * @throws UnsupportedByBackendException if the backend has no patterns, or keeps no events, and
   *     the configuration asks for them
   * @throws BackendUnavailableException if the backend cannot be reached; nothing is registered
   */
  Subscription createSubscription(
      String name, SubscriptionConfig config, Handler<? super Message> handler);

  /** As {@link #publish(String, Object, SendOptions)} without options. */
  default void publish(String channel, Object payload) {
    publish(channel, payload, SendOptions.none());
  }

  /**
   * Publishes an event to whoever listens on the channel now, and keeps it for durable
   * subscriptions to it. Blocks until the backend has taken it; that says nothing of who heard it.
   *
   * @param channel a name as of a stream; subscribers see it as the event's type too
   * @throws CodecException if the payload cannot be written
   * @throws MessageTooLargeException if it is too large
   * @throws BackendUnavailableException if the backend cannot be reached; the event may have been
   *     heard all the same, and is not repeated
   */
  void publish(String channel, Object payload, SendOptions options);

  /** As {@link #publish(String, Object, SendOptions)}, without waiting. */
  CompletableFuture<Void> publishAsync(String channel, Object payload, SendOptions options);

  /**
   * Makes and starts a client that asks the servers of a stream.
   *
   * @param stream the stream of tasks beside which the requests travel: {@code {stream}:rpc}
   * @throws NameTakenException if the name is taken
   * @throws UnsupportedByBackendException if the backend has no requests
   * @throws BackendUnavailableException if the backend cannot be reached; nothing is registered
   */
  RequestClient createRequestClient(String name, String stream);

  /**
   * Makes a server for the requests of a stream; new and not started, so that it is given its
   * handlers before it meets a request.
   *
   * @param stream as of {@link #createRequestClient}
   * @param slots how many requests it answers at once, 1 to 10,000
   * @throws NameTakenException if the name is taken
   * @throws UnsupportedByBackendException if the backend has no requests
   */
  RequestServer createRequestServer(String name, String stream, int slots);

  /** The producer of this name. */
  Producer producer(String name);

  /** The consumer of this name. */
  Consumer consumer(String name);

  /** The subscription of this name. */
  Subscription subscription(String name);

  /** The client of requests of this name. */
  RequestClient requestClient(String name);

  /** The server of requests of this name. */
  RequestServer requestServer(String name);

  /** The component of this name, of any kind. */
  Optional<Component> find(String name);

  /**
   * The component of this name, of any kind.
   *
   * @throws UnknownNameException if there is none, with near matches
   */
  Component component(String name);

  /** All producers, by name. */
  List<ComponentInfo> producers();

  /** All consumers, by name. */
  List<ComponentInfo> consumers();

  /** All subscriptions, by name. */
  List<ComponentInfo> subscriptions();

  /** All clients of requests, by name. */
  List<ComponentInfo> requestClients();

  /** All servers of requests, by name. */
  List<ComponentInfo> requestServers();

  /** All components, by name. */
  List<ComponentInfo> components();

  /** Starts a component of any kind that is stopped; see {@link Component#start()}. */
  default void startComponent(String name) {
    component(name).start();
  }

  /** Drains and stops a component of any kind, with the configured deadline. Blocks. */
  DrainReport stopComponent(String name);

  /**
   * Drains and stops a component of any kind, with the configured deadline, and forgets it: its
   * name is free on return. What the backend keeps for it stays. Blocks.
   */
  DrainReport removeComponent(String name);

  /** Starts a consumer that is stopped. */
  default void startConsumer(String name) {
    consumer(name).start();
  }

  /** Drains and stops a consumer, with the configured deadline. */
  DrainReport stopConsumer(String name);

  /** See {@link Consumer#pause()}. */
  default void pauseConsumer(String name) {
    consumer(name).pause();
  }

  /** See {@link Consumer#resume()}. */
  default void resumeConsumer(String name) {
    consumer(name).resume();
  }

  /** Stops a producer, waiting for the sends under way, and forgets it. Its stream stays. */
  default void removeProducer(String name) {
    producer(name).close();
  }

  /**
   * Stops a subscription and forgets it. What is kept for a durable one is still kept under its
   * name; see {@link #forgetDurable}.
   */
  default void removeSubscription(String name) {
    subscription(name).close();
  }

  /** Drains and stops a consumer and forgets it. Its group stays. */
  default void removeConsumer(String name) {
    consumer(name).close();
  }

  /**
   * Whether everything that a stream accepted is somewhere.
   *
   * @throws UnsupportedByBackendException if the backend cannot tell
   */
  StreamAudit audit(String stream);

  /**
   * The streams of this backend whose audit is on, by name, whoever began it; also those that are
   * gone. Blocks. It looks through the names of all keys on a server, a part at a time.
   *
   * @throws UnsupportedByBackendException if the backend cannot tell
   */
  List<String> auditedStreams();

  /**
   * As {@link #replay(String, StartPosition, Instant, Handler)}, up to the newest entry that is
   * there when it begins.
   */
  ReplayReport replay(String stream, StartPosition from, Handler<? super Message> handler);

  /**
   * Hands what a stream still keeps to a handler, in order and one after the other on the calling
   * thread, without a group: nothing is acknowledged, no group notices, what was acknowledged comes
   * too. Holds few entries in memory at a time.
   *
   * @param until only what was added before this time, by the backend's clock
   * @return how far it came
   * @throws ReplayException if the handler throws, or the thread is interrupted; it tells where to
   *     go on
   * @throws UnsupportedByBackendException if the backend keeps no history
   */
  ReplayReport replay(
      String stream, StartPosition from, Instant until, Handler<? super Message> handler);

  /**
   * The dead letters of this manager's group on a stream; see {@link #deadLetters(String, String)}.
   */
  DeadLetters deadLetters(String stream);

  /**
   * The dead letters of a group on a stream, in the stream that is theirs unless the consumers'
   * configuration names another one ({@link #deadLettersIn}).
   *
   * @throws UnsupportedByBackendException if the backend can neither list nor move entries
   */
  DeadLetters deadLetters(String stream, String group);

  /**
   * The letters in a dead-letter stream of a name of one's own ({@link
   * ConsumerConfig.Builder#deadLetter}), of whichever groups. They go back to where each says that
   * it comes from; one that says nothing is listed with an empty stream and stays.
   *
   * @throws UnsupportedByBackendException if the backend can neither list nor move entries
   */
  DeadLetters deadLettersIn(String deadLetterStream);

  /**
   * Whether the backend has a stream of this name: one is there from its first message, or its
   * first group, on. Blocks.
   *
   * @throws InvalidConfigException if no stream can have this name
   */
  boolean streamExists(String stream);

  /**
   * The configuration of a stream that is in force: changes at run time, then what a component here
   * was made with, then the defaults for its name. Blocks.
   */
  StreamConfig retention(String stream);

  /** What of a stream's retention was changed at run time and is in force. Blocks. */
  RetentionPolicy retentionChanges(String stream);

  /**
   * Changes settings of a stream's retention for all processes. They are stored with the stream,
   * replace what was changed before, and beat what the code says until {@link #resetRetention}.
   * Here they hold on return; elsewhere from the next visit of the stream's cleaner and the next
   * look of its producers on. Blocks.
   *
   * <p>The stream need not be there: its producers may come later, and find the changes. Where none
   * ever does they stay, under a name that may be a mistake; {@link #streamExists} tells, and
   * {@link #resetRetention} takes them away.
   *
   * @throws InvalidConfigException if a bound and a floor contradict each other, with what is in
   *     force for the rest
   * @throws UnsupportedByBackendException if the backend cannot trim
   */
  void changeRetention(String stream, RetentionPolicy changes);

  /**
   * Takes changes at run time back: the code's settings hold again. Idempotent. Blocks.
   *
   * @throws UnsupportedByBackendException if the backend cannot trim
   */
  void resetRetention(String stream);

  /**
   * What would go from a stream now, what stays, and why; changes nothing. Blocks; on a long stream
   * it counts for some seconds. Nothing goes from a backup stream. After a jump of the server's
   * clock the cleaner may keep more than this tells: it counts ages from a time that the jump does
   * not move, and this by the server's clock.
   *
   * @throws UnknownNameException if there is no such stream
   * @throws UnsupportedByBackendException if the backend cannot trim, or keeps no history
   */
  RetentionReport explainRetention(String stream);

  /**
   * What a drop policy trimmed away unread, newest first. Blocks.
   *
   * @param most how many at most, from 1; about a thousand are kept
   * @throws InvalidConfigException if it is below 1
   * @throws UnsupportedByBackendException if the backend cannot trim
   */
  List<Drop> drops(String stream, int most);

  /**
   * What is kept on the backend under Millrace's names and belongs to nothing any more. Blocks; it
   * looks through everything, a part at a time.
   *
   * @throws UnsupportedByBackendException if the backend cannot tell
   */
  List<Housekeeping.Leftover> leftovers();

  /**
   * The names for which events are kept, by channel and name: whether somebody listens under them,
   * and since when events wait. What waits for a name that nobody uses any more stays until {@link
   * #forgetDurable}. Blocks; it looks through everything, a part at a time.
   *
   * @throws UnsupportedByBackendException if the backend keeps no events, or cannot tell
   */
  List<DurableName> durableNames();

  /**
   * Ends a durable name: nothing is kept for it any more, and what waited for it, to be tried again
   * too, is gone. Events of the channel are kept no longer where it was the last one. Its dead
   * letters stay. A subscription that is made with this name afterwards begins anew, with what is
   * published from then on. Blocks.
   *
   * <p>It is not for good where a process still has a subscription under the name that was silent
   * for longer than 20 leases, 10 minutes at most: cut off, or standing still, it does not count as
   * listening. When it comes back it takes the name for lost, makes it again and begins with the
   * oldest event that is still kept, if for other names, so that handlers may see events again. End
   * such processes first.
   *
   * @param channel the channel
   * @param name the name, as in {@link SubscriptionConfig.Builder#durable}
   * @return whether events were kept for it
   * @throws InvalidStateException if a process listens under it or is just starting to, which would
   *     begin anew at once, or another program reads the group; or if what is on the backend under
   *     the name of the channel's kept events is not Millrace's. Nothing is removed then
   * @throws UnsupportedByBackendException if the backend keeps no events
   */
  boolean forgetDurable(String channel, String name);

  /**
   * What of the backend's settings puts at risk what is promised, with what to do about it. Blocks.
   *
   * @throws UnsupportedByBackendException if the backend cannot tell
   */
  List<Housekeeping.Risk> risks();

  /** Where the measurements of its components go; see {@link BrokerConfig.Builder#telemetry}. */
  Telemetry telemetry();

  /**
   * Shuts everything down in order: consumers and subscriptions take nothing more, handlers finish
   * up to the deadline, acknowledgements go out, then producers, then the connections of a backend
   * that this manager opened. Blocks. A second call waits for the first. Failures are collected in
   * the report, none hides another.
   */
  DrainReport shutdown(Duration deadline);

  /** {@link #shutdown} with the configured deadline. */
  @Override
  void close();
}
