package dev.millrace.broker.streams;

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
}
