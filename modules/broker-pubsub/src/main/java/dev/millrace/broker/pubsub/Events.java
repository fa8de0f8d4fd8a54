package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Outgoing;
import dev.millrace.broker.api.spi.Stages;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Publishes events of one manager, and makes its subscriptions. Thread-safe. */
public final class Events implements AutoCloseable {
  /** For functions of the application's, which may block. */
  private static final Executor THREADS =
      task -> Thread.ofVirtual().name("millrace-published").start(task);

  private final EventsContext context;
  private final MessageIds ids;
  private final Measurements measures;
  private final LongAdder taken = new LongAdder();
  private final LongAdder untaken = new LongAdder();

  /**
   * For one manager.
   *
   * @param random for ids; thread-safe
   */
  public Events(EventsContext context, RandomGenerator random) {
    this.context = context;
    this.ids = new MessageIds(random);
    this.measures =
        context.telemetry().of(context.backend().context().appName(), Measure.Part.EVENTS);
    measures.read(Measure.EVENTS_PUBLISHED, taken::sum);
    measures.read(Measure.EVENTS_FAILED, untaken::sum);
  }

  /**
   * A live subscription; new and not started.
   *
   * @param onClosed run once when it is closed
   */
  public Subscription subscription(
      String name, SubscriptionConfig config, Handler<? super Message> handler, Runnable onClosed) {
    return new LiveSubscription(name, config, handler, context, onClosed);
  }

  /**
   * Publishes a payload and waits until the backend has taken it. What breaks a rule is thrown at
   * once.
   *
   * @throws dev.millrace.broker.api.BrokerException if it is not taken, the thread is interrupted,
   *     or the patience is over; its interceptors have been told the same
   */
  public void publishAndWait(String channel, Object payload, SendOptions options) {
    Outgoing.Draft draft = draft(channel, payload, options);
    Entry entry = identified(draft);
    CompletionStage<Void> published = handOver(channel, entry, draft);
    try {
      Stages.await(published, context.patience(), "publish", channel);
    } catch (RuntimeException failed) {
      ended(draft, entry, failed);
      throw failed;
    }
    ended(draft, entry, null);
  }

  /**
   * Publishes a payload. What breaks a rule is thrown at once.
   *
   * @param channel any name of a channel; its type too
   * @return ends when the backend has taken it
   */
  public CompletableFuture<Void> publish(String channel, Object payload, SendOptions options) {
    Outgoing.Draft draft = draft(channel, payload, options);
    Entry entry = identified(draft);
    CompletionStage<Void> published = handOver(channel, entry, draft);
    CompletionStage<Void> told =
        draft.intercepted()
            ? published.whenCompleteAsync((done, error) -> ended(draft, entry, error), THREADS)
            : published;
    // Whoever cancels or ends a copy takes nothing from those who count and intercept.
    return told.toCompletableFuture().copy();
  }

  private Outgoing.Draft draft(String channel, Object payload, SendOptions options) {
    Names.check("channel", channel);
    return new Outgoing(
            MessageKind.EVENT,
            channel,
            context.codec(),
            context.maxMessageBytes(),
            context.interceptors())
        .payload(channel, payload, options);
  }

  private Entry identified(Outgoing.Draft draft) {
    Entry given = draft.entry();
    return given.id().isPresent() ? given : given.withId(ids.next());
  }

  private CompletionStage<Void> handOver(String channel, Entry entry, Outgoing.Draft draft) {
    try {
      return context
          .backend()
          .events()
          .publish(channel, entry)
          .whenComplete((done, error) -> (error == null ? taken : untaken).increment());
    } catch (RuntimeException refused) {
      untaken.increment();
      draft.ended(null, refused);
      throw refused;
    }
  }

  private static void ended(Outgoing.Draft draft, Entry entry, @Nullable Throwable error) {
    draft.ended(entry.id().orElse(null), error == null ? null : Stages.unwrap(error));
  }

  /** Nothing is measured any more. */
  @Override
  public void close() {
    measures.close();
  }
}
