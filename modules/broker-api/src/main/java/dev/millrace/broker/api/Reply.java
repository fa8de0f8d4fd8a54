package dev.millrace.broker.api;

/**
 * What became of a request.
 *
 * @param <A> the answer
 */
public sealed interface Reply<A> {
  /**
   * It was answered.
   *
   * @param value the answer
   */
  record Ok<A>(A value) implements Reply<A> {}

  /**
   * Its handler failed. Code and text are the server's words and nothing but text.
   *
   * @param code of at most 64 characters: {@code FAILED} (the handler threw), {@code BAD_REQUEST}
   *     (the payload does not fit), {@code BAD_ANSWER} (the answer cannot be written or is too
   *     large), {@code CANCELLED}, or the handler's own from {@link RemoteFailedException}
   * @param text of at most 1,000 characters, control characters escaped
   */
  record RemoteError<A>(String code, String text) implements Reply<A> {}

  /**
   * No handler has begun it, and none will.
   *
   * @param reason why
   */
  record NotStarted<A>(String reason) implements Reply<A> {}

  /**
   * A handler may have begun it, and may have ended it. Calling again with the same id ({@link
   * SendOptions#id}) tells what became of it, as long as results are kept.
   *
   * @param reason why it is not known
   */
  record Unknown<A>(String reason) implements Reply<A> {}

  /**
   * The answer.
   *
   * @param type what was asked, for the error
   * @throws RemoteFailedException if the handler failed
   * @throws RequestNotStartedException if none has begun it
   * @throws OutcomeUnknownException if it is not known what became of it
   */
  default A orThrow(String type) {
    return switch (this) {
      case Ok<A>(A value) -> value;
      case RemoteError<A>(String code, String text) ->
          throw new RemoteFailedException(type, code, text);
      case NotStarted<A>(String reason) -> throw new RequestNotStartedException(type, reason);
      case Unknown<A>(String reason) -> throw new OutcomeUnknownException(type, reason);
    };
  }
}
