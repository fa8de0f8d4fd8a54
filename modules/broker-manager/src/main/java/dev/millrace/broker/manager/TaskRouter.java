package dev.millrace.broker.manager;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.streams.NoHandlerException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Gives each task to the handler of its type. */
final class TaskRouter implements OutcomeHandler<Message> {
  private final ConcurrentHashMap<String, OutcomeHandler<Message>> handlers =
      new ConcurrentHashMap<>();

  <T> void add(String type, TypeRef<T> payload, OutcomeHandler<? super T> handler) {
    Names.faultOf("message type", type)
        .ifPresent(
            fault -> {
              throw new InvalidConfigException("register handler", List.of(fault));
            });
    OutcomeHandler<Message> decoding =
        (message, delivery) -> handler.handle(value(message, payload), delivery);
    if (handlers.putIfAbsent(type, decoding) != null) {
      throw new NameTakenException("register handler", type, "task handler");
    }
  }

  boolean isEmpty() {
    return handlers.isEmpty();
  }

  @Override
  public Outcome handle(Message message, Delivery delivery) throws Exception {
    return route(message).handle(message, delivery);
  }

  /**
   * The handler of a message.
   *
   * @throws NoHandlerException if there is none here
   */
  OutcomeHandler<Message> route(Message message) {
    OutcomeHandler<Message> handler = message.type().map(handlers::get).orElse(null);
    if (handler == null) {
      throw new NoHandlerException(message.stream(), message.type().orElse("(none)"));
    }
    return handler;
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // a handler of Void is given null, as its type says
  static <T> T value(Message message, TypeRef<T> type) {
    if (type.type() == Message.class) {
      return (T) message;
    }
    return type.type() == Void.class ? null : message.as(type);
  }
}
