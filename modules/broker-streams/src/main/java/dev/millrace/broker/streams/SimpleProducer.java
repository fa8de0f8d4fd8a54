package dev.millrace.broker.streams;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BatchSendException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamFullException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A producer that sends straight to its stream: no lock and no queue of its own between the caller
 * and the backend.
 */
final class SimpleProducer extends ComponentBase implements Producer {
  private static final Logger LOG = LoggerFactory.getLogger(SimpleProducer.class);

  /** Sends under way at most; a caller beyond them waits. */
  private static final int MAX_IN_FLIGHT = 16_384;

  /** Entries handed to the backend in one go by the batch form. */
  private static final int CHUNK = 1_024;

  private final StreamConfig config;
  private final StreamsContext context;
  private final Outgoing outgoing;
  private final Semaphore room = new Semaphore(MAX_IN_FLIGHT);
  private final LongAdder accepted = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder ambiguous = new LongAdder();

  SimpleProducer(String name, StreamConfig config, StreamsContext context, Runnable onClosed) {
    super(
        name, "simple producer", config.name(), context.closeDeadline(), context.clock(), onClosed);
    this.config = config;
    this.context = context;
    this.outgoing =
        new Outgoing(
            config.name(),
            context.codec(),
            new MessageIds(context.random()),
            context.maxMessageBytes());
  }

  @Override
  protected void doStart() {
    Stages.await(
        context.backend().log().declare(new StreamSpec(config.name(), config.groups())),
        context.patience(),
        "start producer",
        name());
  }

  /**
   * Waits for the answers to the sends under way. A send that begins meanwhile is refused by its
   * check of the state.
   */
  @Override
  protected DrainReport doStop(Duration deadline) {
    long begun = clock.nanoTime();
    var failures = new ArrayList<String>();
    try {
      if (room.tryAcquire(MAX_IN_FLIGHT, deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        room.release(MAX_IN_FLIGHT);
      } else {
        failures.add(
            name()
                + ": "
                + (MAX_IN_FLIGHT - room.availablePermits())
                + " sends had no answer in time");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      failures.add(name() + ": interrupted while waiting for answers to sends");
    }
    return new DrainReport(0, 0, 0, Duration.ofNanos(clock.nanoTime() - begun), failures);
  }

  @Override
  protected Map<String, Long> counts() {
    var counts = new LinkedHashMap<String, Long>();
    counts.put("accepted", accepted.sum());
    counts.put("failed", failed.sum());
    counts.put("ambiguous", ambiguous.sum());
    counts.put("in flight", (long) (MAX_IN_FLIGHT - room.availablePermits()));
    return counts;
  }

  @Override
  public SendResult send(Fields fields, SendOptions options) {
    return awaitResult(outgoing.fields(fields, options));
  }

  @Override
  public SendResult sendPayload(String type, Object payload, SendOptions options) {
    return awaitResult(outgoing.payload(type, payload, options));
  }

  @Override
  public CompletableFuture<SendResult> sendAsync(Fields fields, SendOptions options) {
    return dispatch(outgoing.fields(fields, options));
  }

  @Override
  public CompletableFuture<SendResult> sendPayloadAsync(
      String type, Object payload, SendOptions options) {
    return dispatch(outgoing.payload(type, payload, options));
  }

  @Override
  public List<SendResult> sendAll(List<Fields> messages) {
    var entries = new ArrayList<Entry>(messages.size());
    for (Fields fields : messages) {
      entries.add(outgoing.fields(fields, SendOptions.none()));
    }
    return sendEntries(entries);
  }

  @Override
  public List<SendResult> sendAllPayloads(String type, List<?> payloads) {
    var entries = new ArrayList<Entry>(payloads.size());
    for (Object payload : payloads) {
      entries.add(outgoing.payload(type, payload, SendOptions.none()));
    }
    return sendEntries(entries);
  }

  private SendResult awaitResult(Entry entry) {
    String id = entry.id().orElseThrow();
    try {
      return dispatch(entry).get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AmbiguousSendException(
          config.name(),
          id,
          "the sending thread was interrupted before the answer came",
          interrupted);
    } catch (ExecutionException error) {
      throw Stages.asBrokerException("send", config.name(), error);
    }
  }

  private CompletableFuture<SendResult> dispatch(Entry entry) {
    var result = new CompletableFuture<SendResult>();
    append(List.of(entry))
        .whenComplete(
            (answers, error) -> {
              BatchSendException.Item item =
                  item(entry, answers == null ? null : answers.getFirst(), error);
              if (item.result().isPresent()) {
                result.complete(item.result().get());
              } else {
                result.completeExceptionally(item.error().orElseThrow());
              }
            });
    return result;
  }

  private List<SendResult> sendEntries(List<Entry> entries) {
    var stages = new ArrayList<CompletableFuture<List<BatchSendException.Item>>>();
    for (int from = 0; from < entries.size(); from += CHUNK) {
      List<Entry> chunk = entries.subList(from, Math.min(entries.size(), from + CHUNK));
      stages.add(
          append(chunk)
              .handle((answers, error) -> items(chunk, answers, error))
              .toCompletableFuture());
    }
    var items = new ArrayList<BatchSendException.Item>(entries.size());
    for (var stage : stages) {
      items.addAll(stage.join());
    }
    if (items.stream().anyMatch(item -> item.error().isPresent())) {
      throw new BatchSendException(config.name(), items);
    }
    return items.stream().map(item -> item.result().orElseThrow()).toList();
  }

  private List<BatchSendException.Item> items(
      List<Entry> chunk, @Nullable List<Appended> answers, @Nullable Throwable error) {
    var items = new ArrayList<BatchSendException.Item>(chunk.size());
    for (int i = 0; i < chunk.size(); i++) {
      items.add(item(chunk.get(i), answers == null ? null : answers.get(i), error));
    }
    return items;
  }

  private CompletionStage<List<Appended>> append(List<Entry> entries) {
    try {
      room.acquire(entries.size());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return CompletableFuture.failedFuture(
          new InvalidStateException(
              "send", name(), "interrupted while waiting for room", "Nothing was sent"));
    }
    if (state() != State.RUNNING) {
      room.release(entries.size());
      return CompletableFuture.failedFuture(
          new InvalidStateException(
              "send",
              name(),
              "the producer is " + state(),
              "Start it, or use another; nothing was sent"));
    }
    long begun = clock.nanoTime();
    CompletionStage<List<Appended>> answer;
    try {
      answer = context.backend().log().append(config.name(), entries, AppendGuard.none());
    } catch (RuntimeException refused) {
      answer = CompletableFuture.failedFuture(refused);
    }
    return answer.whenComplete(
        (done, error) -> {
          room.release(entries.size());
          context.telemetry().time("producer.send", name(), clock.nanoTime() - begun);
        });
  }

  private BatchSendException.Item item(
      Entry entry, @Nullable Appended answer, @Nullable Throwable error) {
    String id = entry.id().orElseThrow();
    if (answer instanceof Appended.At at) {
      accepted.increment();
      return new BatchSendException.Item(
          Optional.of(new SendResult.Accepted(id, at.position().value())), Optional.empty());
    }
    BrokerException problem =
        switch (answer) {
          case Appended.Full full ->
              new StreamFullException(
                  config.name(),
                  full.backlog(),
                  "the stream has " + full.backlog() + " unread messages");
          case Appended.Ambiguous unknown ->
              new AmbiguousSendException(
                  config.name(), id, String.valueOf(unknown.cause().getMessage()), unknown.cause());
          case Appended.Failed refused -> refused.error();
          case null, default -> Stages.asBrokerException("send", config.name(), error);
        };
    if (problem instanceof AmbiguousSendException) {
      ambiguous.increment();
    } else {
      failed.increment();
    }
    recordError(problem);
    LOG.debug("producer {}: {}", name(), problem.getMessage());
    return new BatchSendException.Item(Optional.empty(), Optional.of(problem));
  }
}
