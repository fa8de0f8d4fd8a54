package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.SubscriptionOverflowException;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears live events and gives each to its handler. */
final class LiveSubscription extends ComponentBase implements Subscription {
  private static final Logger LOG = LoggerFactory.getLogger(LiveSubscription.class);

  private final SubscriptionConfig config;
  private final Handler<? super Message> handler;
  private final EventsContext context;
  private final EventCounts counts;
  private final GapReports gaps;

  /** What the newest start has made; kept after a stop until the next one. */
  private volatile @Nullable Listening listening;

  LiveSubscription(
      String name,
      SubscriptionConfig config,
      Handler<? super Message> handler,
      EventsContext context,
      Runnable onClosed) {
    super(
        name,
        "subscription",
        config.channel().text(),
        context.closeDeadline(),
        context.clock(),
        context.telemetry().of(name, Measure.Part.SUBSCRIPTION),
        onClosed);
    this.config = config;
    this.handler = handler;
    this.context = context;
    this.counts = new EventCounts(measures);
    measures.read(Measure.SUBSCRIPTION_RUNNING, this::running);
    measures.read(Measure.SUBSCRIPTION_WAITING, this::waiting);
    this.gaps = new GapReports(name);
  }

  @Override
  public String channel() {
    return config.channel().text();
  }

  @Override
  public Subscription onGap(java.util.function.Consumer<? super Gap> listener) {
    gaps.add(listener);
    return this;
  }

  @Override
  protected void doStart() {
    Listening before = listening;
    Listening now =
        before != null && before.reopens()
            ? before
            : new Listening(
                name(), config, handler, context, counts, gaps, this::recordError, this::overrun);
    listening = now;
    Listening.Ear ear = now.listen();
    try {
      // Taken when it is made, not when it is waited for: one that comes too late is ended.
      Stages.await(
          context
              .backend()
              .events()
              .subscribe(config.channel(), ear)
              .thenAccept(made -> now.subscribed(ear, made)),
          context.patience(),
          "subscribe",
          name());
    } catch (RuntimeException failed) {
      now.unsubscribe();
      throw failed;
    }
  }

  @Override
  protected DrainReport doStop(Duration deadline) {
    Listening now = listening;
    return now == null ? DrainReport.nothing() : now.stop(deadline);
  }

  /** What an overflow has left is still handled. */
  @Override
  protected DrainReport doStopFailed(Duration deadline) {
    return doStop(deadline);
  }

  /** On a thread of its own: whoever delivers events must not wait for a start or stop. */
  private void overrun(Listening by) {
    var error = new SubscriptionOverflowException(name(), channel(), config.buffer());
    recordError(error);
    LOG.error(error.getMessage());
    Thread.ofVirtual().name("millrace-events-" + name()).start(() -> end(by));
  }

  private void end(Listening by) {
    changeIf(
        State.RUNNING,
        State.FAILED,
        () -> {
          // It may have been stopped and started meanwhile: the new stretch has not failed.
          boolean current = by.equals(listening) && by.reopens();
          if (current) {
            by.unsubscribe();
          }
          return current;
        });
  }

  @Override
  protected ComponentHealth health() {
    return counts.health();
  }

  @Override
  protected Map<String, Long> counts() {
    var all = new LinkedHashMap<>(counts.all());
    all.put("waiting", waiting());
    all.put("running", running());
    return all;
  }

  private long waiting() {
    Listening now = listening;
    return now == null ? 0 : now.waiting();
  }

  private long running() {
    Listening now = listening;
    return now == null ? 0 : now.running();
  }
}
