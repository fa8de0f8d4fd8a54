package dev.millrace.broker.api;

/** Where handlers for types of task are registered. */
public interface Routes {
  /**
   * Routes whose types all begin with this prefix and a dot: {@code
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
}
