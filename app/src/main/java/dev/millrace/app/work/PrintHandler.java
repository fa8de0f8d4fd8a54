package dev.millrace.app.work;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import java.io.PrintWriter;

/** Prints each message as one line: id, type, payload. Thread-safe. */
public final class PrintHandler implements OutcomeHandler<Message> {
  private final PrintWriter out;

  /** Prints here. */
  public PrintHandler(PrintWriter out) {
    this.out = out;
  }

  @Override
  public Outcome handle(Message message, Delivery delivery) {
    out.println(Payloads.line(message));
    out.flush();
    return Outcome.done();
  }
}
