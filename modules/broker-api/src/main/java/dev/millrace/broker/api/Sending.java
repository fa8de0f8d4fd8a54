package dev.millrace.broker.api;

import java.util.Map;
import java.util.Optional;

/**
 * One message on its way out, as a {@link SendInterceptor} sees it. Belongs to the sending thread
 * until its interceptors have run; from then on it is only read, by any thread.
 */
public interface Sending {
  /** To which pattern it belongs. */
  MessageKind kind();

  /** Where it goes: the stream of a task, {@code {stream}:rpc} of a request, an event's channel. */
  String destination();

  /** The logical type, which of an event is its channel; empty: plain fields. */
  Optional<String> type();

  /** The message's id: the caller's if it chose one, else known only at the end. */
  Optional<String> id();

  /** The key, if any. */
  Optional<String> key();

  /** What is sent: the value as the caller gave it, not yet encoded, or {@link Fields}. */
  Object payload();

  /**
   * The headers so far, in order: the caller's, a trace context that the message being handled on
   * this thread hands on, and what interceptors before this one added. Not to be changed.
   */
  Map<String, String> headers();

  /**
   * Sends it with a header more, in place of one of this name. A {@code traceparent} of its own
   * also replaces the {@code tracestate} that was handed on with another one.
   *
   * @return this
   * @throws InvalidConfigException if the name is wrong, as of {@link SendOptions#header}
   * @throws InvalidStateException once its interceptors have run
   */
  Sending header(String name, String value);

  /**
   * Has a function run once it is known what became of it: empty if it was accepted, for a request
   * if it was answered; else the error that its caller gets, or would get from {@link
   * Reply#orThrow}. It runs once in any case, also when a later interceptor or a check refuses the
   * message: on the calling thread or a virtual one, so that it may block, and before the caller
   * gets on or its future ends. What it throws is logged and changes nothing. An answer in parts
   * ends with its last part, a question to all servers when its time is over or enough have
   * answered. Functions run in the reverse order of their registration.
   *
   * @throws InvalidStateException once its interceptors have run
   */
  void onEnd(java.util.function.Consumer<? super Optional<Throwable>> ended);
}
