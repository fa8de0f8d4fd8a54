package dev.millrace.broker.rpc;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.ReplyParts;
import dev.millrace.broker.api.RequestHandler;
import dev.millrace.broker.api.StreamingRequestHandler;
import dev.millrace.broker.api.TypeRef;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The handlers of a server, by type. Thread-safe. */
final class Handlers {
  private final ConcurrentHashMap<String, Handling> handlers = new ConcurrentHashMap<>();

  /** Answers a request of its type. */
  interface Handling {
    /** The answer; null where it was sent in parts. */
    @Nullable Object handle(Message request, ReplyParts<Object> parts) throws Exception;
  }

  <Q> void add(String type, TypeRef<Q> query, RequestHandler<? super Q, ?> handler) {
    put(
        type,
        (request, parts) -> {
          Q value = value(request, query);
          Object answer = handler.answer(value);
          if (answer == null) {
            throw new RemoteFailedException("BAD_ANSWER", "the handler answered null");
          }
          return answer;
        });
  }

  @SuppressWarnings("unchecked") // parts are only written, as what they are
  <Q, P> void add(String type, TypeRef<Q> query, StreamingRequestHandler<? super Q, P> handler) {
    put(
        type,
        (request, parts) -> {
          handler.answer(value(request, query), (ReplyParts<P>) parts);
          return null;
        });
  }

  private void put(String type, Handling handling) {
    Names.faultOf("message type", type)
        .ifPresent(
            fault -> {
              throw new InvalidConfigException("register handler", List.of(fault));
            });
    if (handlers.putIfAbsent(type, handling) != null) {
      throw new NameTakenException("register handler", type, "request handler");
    }
  }

  @Nullable Handling find(String type) {
    return handlers.get(type);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // a handler of Void is given null, as its type says
  private static <T> T value(Message message, TypeRef<T> type) {
    if (type.type() == Message.class) {
      return (T) message;
    }
    return type.type() == Void.class ? null : message.as(type);
  }
}
