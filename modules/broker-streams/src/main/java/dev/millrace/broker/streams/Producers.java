package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.StreamConfig;

/** Makes producers. */
public final class Producers {
  private Producers() {}

  /**
   * A producer that sends straight to its stream. It is new and not started.
   *
   * @param onClosed run once when it is closed
   */
  public static Producer simple(
      String name, StreamConfig stream, StreamsContext context, Runnable onClosed) {
    return new SimpleProducer(name, stream, context, onClosed);
  }

  /**
   * A producer that goes on accepting when its stream is full or the backend is gone. It is new and
   * not started.
   *
   * @param onClosed run once when it is closed
   * @throws dev.millrace.broker.api.JournalException if the journal cannot be opened
   */
  public static BackupProducer backup(
      String name,
      StreamConfig stream,
      StreamsContext context,
      BackupQueues queues,
      Runnable onClosed) {
    return new QueuedProducer(name, stream, context, queues, onClosed);
  }
}
