package dev.millrace.broker.streams;

import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;

/** Makes consumers. */
public final class Consumers {
  private Consumers() {}

  /**
   * A member of a consumer group. It is new and not started.
   *
   * @param config with group and consumer name given
   * @param onClosed run once when it is closed
   */
  public static Consumer create(
      String name,
      ConsumerConfig config,
      OutcomeHandler<? super Message> handler,
      StreamsContext context,
      Runnable onClosed) {
    return new StreamConsumer(name, config, handler, context, onClosed);
  }

  /** A handler whose return means done. */
  public static OutcomeHandler<Message> acknowledging(Handler<? super Message> handler) {
    return (message, delivery) -> {
      handler.handle(message);
      return Outcome.done();
    };
  }
}
