package dev.millrace.app;

import dev.millrace.app.work.Payloads;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Prints each event as one line, up to a number of them. Called by one thread at a time; what has
 * been printed may be asked for from any.
 */
final class EventPrinter implements Handler<Message> {
  private final PrintWriter out;
  private final boolean json;
  private final long most;
  private final AtomicLong printed = new AtomicLong();

  EventPrinter(PrintWriter out, boolean json, long most) {
    this.out = out;
    this.json = json;
    this.most = most;
  }

  @Override
  public void handle(Message event) throws InterruptedException {
    if (enough()) {
      // To return would acknowledge a kept event that nobody has seen: it waits to be cut off.
      new CountDownLatch(1).await();
    }
    out.println(
        json
            ? Payloads.oneLine(object(event))
            : Payloads.oneLine(event.stream()) + "\t" + Payloads.oneLine(Payloads.text(event)));
    out.flush();
    printed.incrementAndGet();
  }

  private static String object(Message event) {
    var all = new LinkedHashMap<String, Object>();
    all.put("channel", event.stream());
    all.put("id", event.id());
    all.put("headers", event.headers());
    all.put("event", value(Payloads.text(event)));
    return JsonMapper.shared().writeValueAsString(all);
  }

  /** What a foreign program has published may be any text. */
  private static Object value(String payload) {
    try {
      return JsonText.parse(payload);
    } catch (JacksonException notJson) {
      return payload;
    }
  }

  long printed() {
    return printed.get();
  }

  boolean enough() {
    return printed.get() >= most;
  }
}
