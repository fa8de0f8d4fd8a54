package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeBatchHandler;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.spi.Interceptors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handlers within the manager's interceptors. */
final class InterceptedHandlers {
  private static final Logger LOG = LoggerFactory.getLogger(InterceptedHandlers.class);

  private InterceptedHandlers() {}

  /** Those of a configuration. */
  static Interceptors interceptors(BrokerConfig config) {
    return new Interceptors(
        config.sendInterceptors(),
        config.handleInterceptors(),
        thrown -> LOG.warn("what an interceptor does at the end of a send failed", thrown));
  }

  /** Of a stream. A router's interceptors are around the handler it finds, if it finds one. */
  static OutcomeHandler<Message> single(
      Interceptors interceptors, OutcomeHandler<? super Message> handler) {
    if (handler instanceof TaskRouter router) {
      return (message, delivery) -> run(interceptors, router.route(message), message, delivery);
    }
    return (message, delivery) -> run(interceptors, handler, message, delivery);
  }

  private static Outcome run(
      Interceptors interceptors,
      OutcomeHandler<? super Message> handler,
      Message message,
      Delivery delivery)
      throws Exception {
    return interceptors.concern(message)
        ? interceptors.handling(
            MessageKind.TASK, message, delivery.attempt(), () -> handler.handle(message, delivery))
        : handler.handle(message, delivery);
  }

  /** Of a stream, for several at once: intercepted as one call. */
  static OutcomeBatchHandler<Message> batch(
      Interceptors interceptors, OutcomeBatchHandler<? super Message> handler) {
    @SuppressWarnings("unchecked") // a handler only reads the list
    var batch = (OutcomeBatchHandler<Message>) handler;
    return (messages, deliveries) ->
        interceptors.concern(messages)
            ? interceptors.handling(
                MessageKind.TASK,
                messages,
                deliveries.stream().mapToInt(Delivery::attempt).max().orElse(1),
                () -> batch.handle(messages, deliveries))
            : batch.handle(messages, deliveries);
  }

  /** Of live events. */
  static Handler<Message> live(Interceptors interceptors, Handler<? super Message> handler) {
    return event -> event(interceptors, handler, event, 1);
  }

  /** Of events that are kept in a stream, and look as if they were live. */
  static OutcomeHandler<Message> kept(
      Interceptors interceptors, String channel, Handler<? super Message> handler) {
    return (message, delivery) -> {
      event(interceptors, handler, new KeptEvent(message, channel), delivery.attempt());
      return Outcome.done();
    };
  }

  private static void event(
      Interceptors interceptors, Handler<? super Message> handler, Message event, int attempt)
      throws Exception {
    if (!interceptors.concern(event)) {
      handler.handle(event);
      return;
    }
    Outcome unused =
        interceptors.handling(
            MessageKind.EVENT,
            event,
            attempt,
            () -> {
              handler.handle(event);
              return Outcome.done();
            });
  }
}
