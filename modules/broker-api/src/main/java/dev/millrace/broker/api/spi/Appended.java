package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.BrokerException;

/** What became of one entry of an append. */
public sealed interface Appended {
  /**
   * It is in the stream.
   *
   * @param position where
   * @param duplicate whether it was there before
   */
  record At(Position position, boolean duplicate) implements Appended {}

  /**
   * It is in the backup of its stream, behind all that is there ({@link AppendGuard#backup()}).
   *
   * @param position where in the backup
   * @param duplicate whether it was there before
   */
  record Spilled(Position position, boolean duplicate) implements Appended {}

  /**
   * It was not appended, for what comes before it in its line is not in the stream, or the line is
   * sealed ({@link Dedup.InLine}).
   *
   * @param last the number up to which the line has come
   */
  record OutOfLine(long last) implements Appended {}

  /**
   * It was not appended, for the number that it was to follow is not remembered as appended ({@link
   * Dedup.BySequence#after()}). It may be appended again once it is known what became of that one.
   *
   * @param after that number
   */
  record Behind(long after) implements Appended {}

  /**
   * It was refused: the backlog has reached the guard.
   *
   * @param backlog as {@link AppendGuard#maxBacklog()} counts it
   */
  record Full(long backlog) implements Appended {}

  /**
   * It was given to the backend and no answer came. With {@link AppendGuard#dedup()} the same list
   * may be appended again.
   *
   * @param cause why not
   */
  record Ambiguous(Throwable cause) implements Appended {}

  /**
   * Whether it is in the stream cannot be told any more, and it was not appended now: the backend
   * remembers too little of its producer ({@link Dedup.BySequence}).
   *
   * @param why what is missing
   */
  record Forgotten(String why) implements Appended {}

  /**
   * It is in the stream, and less safe than asked for.
   *
   * @param position where
   * @param duplicate whether it was there before
   * @param why what is missing
   */
  record Unconfirmed(Position position, boolean duplicate, String why) implements Appended {}

  /**
   * It is not in the stream.
   *
   * @param error why not
   */
  record Failed(BrokerException error) implements Appended {}
}
