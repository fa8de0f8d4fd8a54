package dev.millrace.broker.api;

import java.time.Duration;

/** How safely a message is kept before its send counts as accepted. */
public sealed interface Durability {
  /** In the memory of the server; what its disk has later is the server's own setting. */
  static Durability memory() {
    return new Memory();
  }

  /** Written to the disk of the server and synced. */
  static Durability fsynced() {
    return new Fsynced();
  }

  /**
   * In the memory of so many replicas besides the server that took it. That bounds what a failover
   * loses and does not exclude a loss: a replica that has it not may still be the one that takes
   * over. A producer that asks for it does not start where the backend finds no replica at all;
   * with fewer than {@code replicas} it does, for one may be away for a moment.
   *
   * @param replicas at least so many, 1 to 100
   * @param timeout how long a send waits for them, 1 ms to 1 min; then it ends with {@link
   *     UnconfirmedSendException}
   */
  static Durability replicated(int replicas, Duration timeout) {
    return new Replicated(replicas, timeout);
  }

  /** See {@link #memory()}. */
  record Memory() implements Durability {}

  /** See {@link #fsynced()}. */
  record Fsynced() implements Durability {}

  /** See {@link #replicated}. */
  record Replicated(int replicas, Duration timeout) implements Durability {}
}
