package dev.millrace.broker.api.spi;

import java.time.Duration;

/** What is to become of a delivery. */
public sealed interface Settlement {
  /** The delivery it is about. */
  Received received();

  /**
   * Done with: the group will not see it again.
   *
   * @param received the delivery
   */
  record Ack(Received received) implements Settlement {}

  /**
   * To be delivered again, to any member.
   *
   * @param received the delivery
   * @param after how long to wait, zero or more
   */
  record Release(Received received, Duration after) implements Settlement {}

  /**
   * Put an entry into another stream and acknowledge the delivery.
   *
   * @param received the delivery
   * @param stream where to
   * @param entry what to put there
   */
  record MoveTo(Received received, String stream, Entry entry) implements Settlement {}
}
