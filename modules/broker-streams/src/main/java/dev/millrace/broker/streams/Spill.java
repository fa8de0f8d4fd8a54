package dev.millrace.broker.streams;

import dev.millrace.broker.streams.journal.JournalRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What a backup producer sees of the journal: the part of one stream. Thread-safe. */
interface Spill {
  /** Stores records, all or none; does not block. */
  CompletableFuture<Void> append(List<JournalRecord> records);

  /** Whether nothing of the stream is in it or on its way there. */
  boolean isEmpty();

  /** Whether it will be empty soon: little is left, and that moves. */
  boolean emptiesSoon();

  /**
   * How long the backend has to know how far a line has come: a message without an answer may lie
   * in the journal for so long before the line is asked for.
   */
  Duration remembered();

  /** How long a send waits for the backend's answer before it goes there. */
  Duration spillAfter();
}
