package dev.millrace.app.work;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import java.util.Map;

/** Gives each message to its type's handler, and all others to the one for any type. */
public final class Dispatch implements OutcomeHandler<Message> {
  private final Map<String, OutcomeHandler<Message>> byType;
  private final OutcomeHandler<Message> any;

  /** From handlers by type, and the one for the rest. */
  public Dispatch(Map<String, OutcomeHandler<Message>> byType, OutcomeHandler<Message> any) {
    this.byType = Map.copyOf(byType);
    this.any = any;
  }

  @Override
  public Outcome handle(Message message, Delivery delivery) throws Exception {
    OutcomeHandler<Message> handler =
        message.type().map(type -> byType.getOrDefault(type, any)).orElse(any);
    return handler.handle(message, delivery);
  }
}
