package dev.millrace.app.demo;

import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.StreamManager;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The two consumers of one process, and the files in which their handlers write ids down. */
final class Handling implements Closeable {
  static final String ORDERS = "orders";
  static final String AUDIT = "audit";
  static final String RUN_HEADER = "run";
  static final String ORDER_HANDLER = "order-handler";
  static final String AUDIT_HANDLER = "audit-handler";

  private final String runId;
  private final IdFile orders;
  private final IdFile ordersForeign;
  private final IdFile audit;
  private final IdFile auditForeign;
  private final Duration work;
  private final AtomicReference<@Nullable Instant> first = new AtomicReference<>();

  Handling(RunDirectory run, Duration work) throws IOException {
    this.runId = run.runId();
    this.work = work;
    this.orders = new IdFile(run.handledHere(ORDERS));
    this.ordersForeign = new IdFile(run.foreignHere(ORDERS));
    this.audit = new IdFile(run.handledHere(AUDIT));
    this.auditForeign = new IdFile(run.foreignHere(AUDIT));
  }

  /** Creates and starts the consumers. */
  void start(StreamManager streams, DemoStreams names, String group, int concurrency) {
    var config =
        ConsumerConfig.builder(names.orders().name()).group(group).concurrency(concurrency).build();
    streams.createConsumer(ORDER_HANDLER, config, this::order);
    var auditConfig =
        ConsumerConfig.builder(names.audit().name()).group(group).concurrency(concurrency).build();
    streams.createConsumer(AUDIT_HANDLER, auditConfig, this::auditEntry);
  }

  private void order(Message message) throws Exception {
    if (!ours(message)) {
      ordersForeign.add(message.id());
      return;
    }
    Order order = message.as(Order.class);
    if (order.quantity() < 1) {
      throw new IllegalStateException("order " + order.id() + " arrived without a quantity");
    }
    if (work.isPositive()) {
      Thread.sleep(work);
    }
    orders.add(message.id());
    first.compareAndSet(null, Instant.now());
  }

  private void auditEntry(Message message) {
    if (!ours(message)) {
      auditForeign.add(message.id());
      return;
    }
    message.fields().text("order");
    audit.add(message.id());
  }

  private boolean ours(Message message) {
    return runId.equals(message.headers().get(RUN_HEADER));
  }

  long handledOrders() {
    return orders.count();
  }

  long handledAudit() {
    return audit.count();
  }

  /** When the first order was handled here. */
  @Nullable Instant firstHandled() {
    return first.get();
  }

  @Override
  public void close() throws IOException {
    try (orders;
        ordersForeign;
        audit) {
      auditForeign.close();
    }
  }
}
