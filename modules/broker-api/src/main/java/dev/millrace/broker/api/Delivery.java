package dev.millrace.broker.api;

import java.time.Instant;
import java.util.OptionalLong;

/** One attempt at a message, as its handler sees it. Thread-safe. */
public interface Delivery {
  /** The message. */
  Message message();

  /** The group for which it is handled. */
  String group();

  /** Which attempt this is, from 1. On a backend that does not count deliveries it is always 1. */
  int attempt();

  /**
   * The fencing token of this attempt, where the backend gives one: it rises with each delivery of
   * the message in its group, so that a store can refuse the write of an older attempt.
   */
  OptionalLong fence();

  /**
   * When this attempt's lease ends unless it is renewed; renewals move it. On a backend without
   * leases {@link Instant#MAX}.
   */
  Instant deadline();

  /**
   * Whether going on is pointless: the lease was lost to another consumer, or the consumer's
   * shutdown deadline has passed. The handler's thread is interrupted at the same moment.
   */
  boolean cancelled();
}
