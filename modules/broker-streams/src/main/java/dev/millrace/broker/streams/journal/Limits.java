package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.JournalFullException;
import java.time.Duration;

/** What is said when the journal takes nothing. */
final class Limits {
  static final String LOOK =
      "Look at the disk; sends go on when it takes data again, or choose another directory"
          + " (BrokerConfig.journal)";

  private Limits() {}

  static JournalFullException bytes(String stream, long limit) {
    return new JournalFullException(stream, "the journal holds its " + limit + " bytes");
  }

  static JournalFullException queue(String stream, long limit) {
    return new JournalFullException(
        stream, limit + " bytes wait for the disk, which does not keep up");
  }

  static JournalFullException age(String stream, Duration limit) {
    return new JournalFullException(
        stream, "the oldest message of the journal is older than " + limit);
  }
}
