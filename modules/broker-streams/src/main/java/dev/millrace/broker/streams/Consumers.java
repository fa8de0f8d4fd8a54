package dev.millrace.broker.streams;

import dev.millrace.broker.api.BatchHandler;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeBatchHandler;
import dev.millrace.broker.api.OutcomeHandler;
import java.util.Collections;
import java.util.List;

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
    var handlers = new Work.Handlers(handler, null, config.handlerTimeout());
    return new StreamConsumer(name, config, handlers, context, onClosed);
  }

  /** As {@link #create}, with a handler that takes several messages at once. */
  public static Consumer createBatch(
      String name,
      ConsumerConfig config,
      OutcomeBatchHandler<? super Message> handler,
      StreamsContext context,
      Runnable onClosed) {
    // A handler only reads the list, so that one of messages will do for one of anything above.
    @SuppressWarnings("unchecked")
    var batch = (OutcomeBatchHandler<Message>) handler;
    OutcomeHandler<Message> single =
        (message, delivery) ->
            checkCount(batch.handle(List.of(message), List.of(delivery)), 1).getFirst();
    var handlers = new Work.Handlers(single, batch, config.handlerTimeout());
    return new StreamConsumer(name, config, handlers, context, onClosed);
  }

  /** A handler whose return means done. */
  public static OutcomeHandler<Message> acknowledging(Handler<? super Message> handler) {
    return (message, delivery) -> {
      handler.handle(message);
      return Outcome.done();
    };
  }

  /** A handler of batches whose return means that all of them are done. */
  public static OutcomeBatchHandler<Message> acknowledgingAll(
      BatchHandler<? super Message> handler) {
    @SuppressWarnings("unchecked") // as above
    var batch = (BatchHandler<Message>) handler;
    return (messages, deliveries) -> {
      batch.handle(messages);
      return Collections.nCopies(messages.size(), Outcome.done());
    };
  }

  static List<Outcome> checkCount(List<Outcome> outcomes, int messages) {
    if (outcomes.size() != messages) {
      throw new IllegalStateException(
          "the batch handler returned "
              + outcomes.size()
              + " outcomes for "
              + messages
              + " messages; return one for each");
    }
    return outcomes;
  }
}
