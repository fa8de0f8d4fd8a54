package dev.millrace.broker.api;

/** Where handlers for types of task, for events and for requests are registered. */
public interface Routes {
  /**
   * Routes whose types and channels all begin with this prefix and a dot: {@code
   * broker.prefix("orders").onTask("created", …)} handles {@code orders.created}.
   */
  Routes prefix(String prefix);

  /**
   * Handles tasks of a type. The payload is decoded to the class; {@link Message} as the class
   * gives the message as it is, and {@code Void} ignores the payload. Registering takes effect at
   * once, also while the broker runs.
   *
   * <p>A task of a type that has no handler in this process is released with a growing delay,
   * without counting as an attempt, and moved to the dead-letter stream after an hour: over all
   * processes where the backend keeps notes, in this process elsewhere.
   *
   * @throws NameTakenException if the type has a handler already
   */
  default <T> void onTask(String type, Class<T> payload, Handler<? super T> handler) {
    onTask(type, TypeRef.of(payload), handler);
  }

  /** As {@link #onTask(String, Class, Handler)}, for a generic type. */
  <T> void onTask(String type, TypeRef<T> payload, Handler<? super T> handler);

  /**
   * As {@link #onTask(String, Class, Handler)}, with a handler that says what is to become of the
   * task.
   */
  default <T> void onTask(String type, Class<T> payload, OutcomeHandler<? super T> handler) {
    onTask(type, TypeRef.of(payload), handler);
  }

  /** As {@link #onTask(String, Class, OutcomeHandler)}, for a generic type. */
  <T> void onTask(String type, TypeRef<T> payload, OutcomeHandler<? super T> handler);

  /**
   * Handles live events on a channel. The payload is decoded to the class; {@link Message} as the
   * class gives the event as it is, and {@code Void} ignores the payload. Heard from the broker's
   * start on, or at once where it has started. Several handlers may hear one channel.
   *
   * @return the subscription, which can be stopped and closed by itself
   */
  default <T> Subscription onEvent(String channel, Class<T> payload, Handler<? super T> handler) {
    return onEvent(SubscriptionConfig.of(channel), TypeRef.of(payload), handler);
  }

  /**
   * As {@link #onEvent(String, Class, Handler)}, on all channels that match: {@code *} stands for
   * one segment between dots, {@code **} at the end for one or more.
   */
  default <T> Subscription onEventPattern(
      String pattern, Class<T> payload, Handler<? super T> handler) {
    return onEvent(SubscriptionConfig.pattern(pattern).build(), TypeRef.of(payload), handler);
  }

  /**
   * As {@link #onEvent(String, Class, Handler)}, with all settings. A prefix of these routes is put
   * before the channel.
   */
  <T> Subscription onEvent(
      SubscriptionConfig config, TypeRef<T> payload, Handler<? super T> handler);

  /**
   * As {@link #onEvent(String, Class, Handler)}, with a handler that is also given the event as it
   * came: its channel, headers and id.
   */
  default <T> Subscription onEvent(
      String channel, Class<T> payload, EventHandler<? super T> handler) {
    return onEvent(SubscriptionConfig.of(channel), TypeRef.of(payload), handler);
  }

  /** As {@link #onEventPattern(String, Class, Handler)}, with the event as it came. */
  default <T> Subscription onEventPattern(
      String pattern, Class<T> payload, EventHandler<? super T> handler) {
    return onEvent(SubscriptionConfig.pattern(pattern).build(), TypeRef.of(payload), handler);
  }

  /** As {@link #onEvent(SubscriptionConfig, TypeRef, Handler)}, with the event as it came. */
  <T> Subscription onEvent(
      SubscriptionConfig config, TypeRef<T> payload, EventHandler<? super T> handler);

  /**
   * Answers requests of a type. The query is decoded to the class; {@link Message} as the class
   * gives the request as it is, with its headers, and {@link Message#as(Class)} then decodes it;
   * {@code Void} ignores the payload. Registering takes effect at once, also while the broker runs.
   * All servers of the stream should know the same types: a request of a type that has no handler
   * where it arrives is not started, and its caller is told.
   *
   * @throws NameTakenException if the type has a handler already
   */
  default <Q, A> void onRequest(
      String type, Class<Q> query, RequestHandler<? super Q, ? extends A> handler) {
    onRequest(type, TypeRef.of(query), handler);
  }

  /** As {@link #onRequest(String, Class, RequestHandler)}, for a generic type. */
  <Q, A> void onRequest(
      String type, TypeRef<Q> query, RequestHandler<? super Q, ? extends A> handler);

  /**
   * As {@link #onRequest(String, Class, RequestHandler)}, with a handler that answers in parts,
   * which its callers read as they come.
   */
  default <Q, P> void onRequest(
      String type, Class<Q> query, StreamingRequestHandler<? super Q, P> handler) {
    onRequest(type, TypeRef.of(query), handler);
  }

  /** As {@link #onRequest(String, Class, StreamingRequestHandler)}, for a generic type. */
  <Q, P> void onRequest(
      String type, TypeRef<Q> query, StreamingRequestHandler<? super Q, P> handler);
}
