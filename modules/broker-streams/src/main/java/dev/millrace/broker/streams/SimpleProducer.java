package dev.millrace.broker.streams;

import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/** A producer that sends straight to its stream, by whichever {@link Sender} suits its policy. */
final class SimpleProducer extends SendingProducer {
  private final StreamConfig config;
  private final StreamsContext context;
  private final Outcomes outcomes;
  private final Ceiling ceiling;
  private final Sender sender;
  private final SendForms forms;

  SimpleProducer(String name, StreamConfig config, StreamsContext context, Runnable onClosed) {
    super(
        name,
        "simple producer",
        config.name(),
        context.closeDeadline(),
        context.clock(),
        context.telemetry().of(name, Measure.Part.PRODUCER),
        () -> {
          context.backlogs().release(config.name());
          onClosed.run();
        });
    this.config = config;
    this.context = context;
    Semaphore room = SendForms.room();
    this.outcomes = new Outcomes(name, config.name(), context, measures, room, this::recordError);
    this.ceiling = ceiling(config, context);
    this.sender = sender(config, context, outcomes, ceiling);
    this.forms = new SendForms(this, config.name(), context, room, sender);
    measures.read(Measure.PRODUCER_IN_FLIGHT, forms::inFlight);
  }

  /** Gathering pays where an append costs more than its entries: a script, a wait for replicas. */
  private static Sender sender(
      StreamConfig config, StreamsContext context, Outcomes outcomes, Ceiling ceiling) {
    SendPolicy policy = config.sending();
    var ids = new MessageIds(context.random());
    boolean dedup =
        policy.idempotent() && context.backend().features().has(Feature.IDEMPOTENT_APPEND);
    var line = new SendLine(context, config.name(), policy, dedup, ids, outcomes, ceiling);
    return dedup || policy.durability() instanceof Durability.Replicated
        ? line
        : new PlainSender(
            context.backend().log(),
            config.name(),
            AppendGuard.none().durability(policy.durability()),
            ids,
            outcomes,
            ceiling,
            line);
  }

  /** Where there is no group to be behind, or the oldest may go unread, nothing is ever full. */
  private static Ceiling ceiling(StreamConfig config, StreamsContext context) {
    if (config.history() || config.overflow() instanceof Overflow.Drop) {
      return Ceiling.none();
    }
    Backlog backlog = context.backlogs().use(config, context.backend().log(), context.clock());
    return Ceiling.of(
        backlog, config.overflow(), context.backend().features().has(Feature.GUARDED_APPEND));
  }

  @Override
  protected void doStart() {
    sender.resume();
    ceiling.seen(
        Stages.await(
            context
                .backend()
                .log()
                .declare(
                    new StreamSpec(config.name(), config.groups(), config.sending().durability())),
            context.patience(),
            "start producer",
            name()));
  }

  @Override
  SendForms forms() {
    return forms;
  }

  @Override
  protected DrainReport doStop(Duration deadline) {
    long begun = clock.nanoTime();
    List<String> failures = forms.drain(deadline);
    return new DrainReport(0, 0, 0, Duration.ofNanos(clock.nanoTime() - begun), failures);
  }

  @Override
  protected Map<String, Long> counts() {
    var counts = outcomes.counts();
    counts.put("in flight", forms.inFlight());
    return counts;
  }
}
