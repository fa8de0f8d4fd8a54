package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.util.Optional;

/** What is to become of a delivery. */
public sealed interface Settlement {
  /** The delivery it is about. */
  Received received();

  /**
   * Done with: the group will not see it again.
   *
   * @param received the delivery
   * @param skipped whether its handler did not want it; an {@link Audit} counts these apart
   */
  record Ack(Received received, boolean skipped) implements Settlement {
    /** It was handled. */
    public Ack(Received received) {
      this(received, false);
    }
  }

  /**
   * To be delivered again, to any member.
   *
   * @param received the delivery
   * @param after how long to wait, zero or more. Where the backend has {@link
   *     BackendFeatures.Feature#PARKING}, a wait longer than half a lease keeps neither trimming
   *     nor a backlog limit back
   * @param note told to whoever is given the entry next, at most {@value #NOTE_LENGTH} characters;
   *     empty: the note that it came with; needs {@link BackendFeatures.Feature#NOTES}
   */
  record Release(Received received, Duration after, Optional<String> note) implements Settlement {
    /** The longest note. */
    public static final int NOTE_LENGTH = 1_024;

    /** With the note that it came with. */
    public Release(Received received, Duration after) {
      this(received, after, Optional.empty());
    }
  }

  /**
   * Put an entry into another stream and acknowledge the delivery.
   *
   * @param received the delivery
   * @param stream where to
   * @param entry what to put there
   */
  record MoveTo(Received received, String stream, Entry entry) implements Settlement {}

  /**
   * Ends a request: the delivery is acknowledged and its entry deleted, and the reply is kept and
   * sent to the inboxes that wait for it, all or nothing. Needs {@link
   * BackendFeatures.Feature#REQUESTS}.
   *
   * @param received the delivery
   * @param reply has the request's id
   * @param kept for how long it is kept
   */
  record Answer(Received received, Entry reply, Duration kept) implements Settlement {}
}
