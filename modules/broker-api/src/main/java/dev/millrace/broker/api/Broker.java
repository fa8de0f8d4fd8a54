package dev.millrace.broker.api;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerRuntime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The one door to Millrace: sends tasks to a stream and handles them in a group that several
 * processes may share, publishes and hears events, asks and answers requests. A broker that only
 * sends needs no handlers and starts no readers. Thread-safe.
 */
public interface Broker extends Routes, AutoCloseable {
  /**
   * Opens the backend at this URL with the defaults.
   *
   * @param url for instance {@code memory:} or {@code redis://localhost:6379}
   * @throws InvalidConfigException if the URL is not understood
   * @throws BackendUnavailableException if the backend cannot be reached
   */
  static Broker connect(String url) {
    return connect(url, b -> {});
  }

  /**
   * Opens the backend at this URL.
   *
   * @param settings is given a builder with the defaults
   * @throws InvalidConfigException if the URL or a setting is wrong; all faults at once
   * @throws BackendUnavailableException if the backend cannot be reached
   */
  static Broker connect(String url, java.util.function.Consumer<BrokerConfig.Builder> settings) {
    return BrokerRuntime.load().broker(url, configured(settings));
  }

  /**
   * As {@link #connect(String, java.util.function.Consumer)}, on a backend of the caller's, which
   * the caller closes.
   */
  static Broker on(Backend backend, java.util.function.Consumer<BrokerConfig.Builder> settings) {
    return BrokerRuntime.load().broker(backend, configured(settings));
  }

  private static BrokerConfig configured(
      java.util.function.Consumer<BrokerConfig.Builder> settings) {
    var builder = BrokerConfig.builder();
    settings.accept(builder);
    return builder.build();
  }

  /**
   * Sends a task and waits until the backend has it. Errors as {@link Producer#sendPayload(String,
   * Object)}.
   *
   * @return where it is, with its id
   */
  default SendResult enqueue(String type, Object payload) {
    return enqueue(type, payload, SendOptions.none());
  }

  /** As {@link #enqueue(String, Object)}, with options. */
  SendResult enqueue(String type, Object payload, SendOptions options);

  /**
   * As {@link #enqueue(String, Object)}, without waiting for the answer. The future ends as that of
   * {@link Producer#sendAsync(Fields)}: what depends on it may block.
   */
  default CompletableFuture<SendResult> enqueueAsync(String type, Object payload) {
    return enqueueAsync(type, payload, SendOptions.none());
  }

  /** As {@link #enqueue(String, Object, SendOptions)}, without waiting for the answer. */
  CompletableFuture<SendResult> enqueueAsync(String type, Object payload, SendOptions options);

  /**
   * Sends many tasks of one type, in order, in as few round trips as possible.
   *
   * @throws BatchSendException if some were not accepted; it says which
   */
  List<SendResult> enqueueAll(String type, List<?> payloads);

  /**
   * Publishes an event to whoever listens on the channel now; see {@link
   * StreamManager#publish(String, Object, SendOptions)}.
   */
  default void publish(String channel, Object payload) {
    streams().publish(channel, payload, SendOptions.none());
  }

  /** As {@link #publish(String, Object)}, with options. */
  default void publish(String channel, Object payload, SendOptions options) {
    streams().publish(channel, payload, options);
  }

  /** As {@link #publish(String, Object)}, without waiting. */
  default CompletableFuture<Void> publishAsync(String channel, Object payload) {
    return publishAsync(channel, payload, SendOptions.none());
  }

  /** As {@link #publish(String, Object, SendOptions)}, without waiting. */
  default CompletableFuture<Void> publishAsync(
      String channel, Object payload, SendOptions options) {
    return streams().publishAsync(channel, payload, options);
  }

  /** What the calls below go through; made and started with the first use. */
  RequestClient requests();

  /**
   * Asks the servers of the stream and waits for the answer; see {@link RequestClient#call}.
   *
   * @param timeout 1 ms to 1 day
   * @throws RemoteFailedException if the handler failed
   * @throws RequestNotStartedException if no handler has begun it, and none will
   * @throws OutcomeUnknownException if one may have begun it, and what became of it is not known
   */
  default <A> A request(String type, Object payload, Class<A> answer, Duration timeout) {
    return request(type, payload, answer, timeout, SendOptions.none());
  }

  /** As {@link #request(String, Object, Class, Duration)}, with options. */
  default <A> A request(
      String type, Object payload, Class<A> answer, Duration timeout, SendOptions options) {
    return call(type, payload, answer, timeout, options).orThrow(type);
  }

  /** As {@link #request(String, Object, Class, Duration)}, with the outcome as a value. */
  default <A> Reply<A> call(String type, Object payload, Class<A> answer, Duration timeout) {
    return call(type, payload, answer, timeout, SendOptions.none());
  }

  /** As {@link #call(String, Object, Class, Duration)}, with options. */
  default <A> Reply<A> call(
      String type, Object payload, Class<A> answer, Duration timeout, SendOptions options) {
    return requests().call(type, payload, TypeRef.of(answer), timeout, options);
  }

  /** As {@link #callAsync(String, Object, Class, Duration, SendOptions)}, without options. */
  default <A> CompletableFuture<Reply<A>> callAsync(
      String type, Object payload, Class<A> answer, Duration timeout) {
    return callAsync(type, payload, answer, timeout, SendOptions.none());
  }

  /**
   * As {@link #call(String, Object, Class, Duration)}, without waiting. Cancelling the future
   * cancels the request; see {@link RequestClient#callAsync}.
   */
  default <A> CompletableFuture<Reply<A>> callAsync(
      String type, Object payload, Class<A> answer, Duration timeout, SendOptions options) {
    return requests().callAsync(type, payload, TypeRef.of(answer), timeout, options);
  }

  /**
   * Asks for an answer in parts, to be read as they come; see {@link RequestClient#stream}.
   *
   * @param timeout until the last part, 1 ms to 1 day
   */
  default <P> ReplyStream<P> requestParts(
      String type, Object payload, Class<P> part, Duration timeout) {
    return requestParts(type, payload, part, timeout, SendOptions.none());
  }

  /** As {@link #requestParts(String, Object, Class, Duration)}, with options. */
  default <P> ReplyStream<P> requestParts(
      String type, Object payload, Class<P> part, Duration timeout, SendOptions options) {
    return requests().stream(type, payload, TypeRef.of(part), timeout, options);
  }

  /**
   * Asks all servers that run now, and waits until so many have answered or the time is over; see
   * {@link RequestClient#askAll}.
   */
  default <A> List<Reply<A>> askAll(
      String type, Object payload, Class<A> answer, int count, Duration timeout) {
    return askAll(type, payload, answer, count, timeout, SendOptions.none());
  }

  /** As {@link #askAll(String, Object, Class, int, Duration)}, with options. */
  default <A> List<Reply<A>> askAll(
      String type,
      Object payload,
      Class<A> answer,
      int count,
      Duration timeout,
      SendOptions options) {
    return requests().askAll(type, payload, TypeRef.of(answer), count, timeout, options);
  }

  /** The registry of named producers and consumers on the same backend. */
  StreamManager streams();

  /**
   * Starts handling and returns. Does nothing when it handles already, or when there is no handler.
   *
   * @throws BackendUnavailableException if the backend cannot be reached
   */
  void start();

  /**
   * Starts handling and blocks until SIGTERM, SIGINT or {@link #close()}, then drains. It alone
   * installs a shutdown hook. A thread that is interrupted while it waits gets the same drain.
   */
  void run();

  /**
   * Stops reading, lets handlers finish up to the deadline, acknowledges, and closes everything in
   * order. Blocks. A second call waits for the first.
   */
  DrainReport shutdown(Duration deadline);

  /** {@link #shutdown} with the configured deadline. */
  @Override
  void close();
}
