package dev.millrace.broker.api;

import java.util.List;

/** The dead letters of a group: what it gave up, and the way back. Thread-safe; calls block. */
public interface DeadLetters {
  /** The name of the stream that holds them. */
  String stream();

  /**
   * The oldest ones.
   *
   * @param max how many at most, from 1
   */
  List<DeadLetter> list(int max);

  /**
   * The next ones, for reading by pages.
   *
   * @param position of the last one seen
   * @param max how many at most, from 1
   */
  List<DeadLetter> listAfter(String position, int max);

  /**
   * Sends letters back to the group that gave them up, and to no other group of its stream, the
   * oldest first. Each is in exactly one place at any time: an interrupted redrive can be begun
   * again. A letter's failures are forgotten; its header {@code redriven} counts how often this was
   * done. Those that die again meanwhile are not taken a second time.
   *
   * <p>Blocks until all are moved, which a limited rate makes long.
   *
   * @throws UnsupportedByBackendException if the backend can only send them to all groups, and
   *     there are others; nothing was moved
   * @throws InvalidStateException if the thread is interrupted; its flag stays set
   */
  RedriveReport redrive(Redrive which);
}
