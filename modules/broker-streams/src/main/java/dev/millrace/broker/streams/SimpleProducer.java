package dev.millrace.broker.streams;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BatchSendException;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** A producer that sends straight to its stream, by whichever {@link Sender} suits its policy. */
final class SimpleProducer extends ComponentBase implements Producer {
  /** Sends under way at most; a caller beyond them waits. */
  private static final int MAX_IN_FLIGHT = 16_384;

  /** Entries handed to the backend in one go by the batch form. */
  private static final int CHUNK = 1_024;

  private final StreamConfig config;
  private final StreamsContext context;
  private final Outgoing outgoing;
  private final Semaphore room = new Semaphore(MAX_IN_FLIGHT);
  private final Outcomes outcomes;
  private final Sender sender;

  SimpleProducer(String name, StreamConfig config, StreamsContext context, Runnable onClosed) {
    super(
        name, "simple producer", config.name(), context.closeDeadline(), context.clock(), onClosed);
    this.config = config;
    this.context = context;
    this.outgoing = new Outgoing(config.name(), context.codec(), context.maxMessageBytes());
    this.outcomes = new Outcomes(name, config.name(), context, room, this::recordError);
    this.sender = sender(config, context, outcomes);
  }

  /** Gathering pays where an append costs more than its entries: a script, a wait for replicas. */
  private static Sender sender(StreamConfig config, StreamsContext context, Outcomes outcomes) {
    SendPolicy policy = config.sending();
    var ids = new MessageIds(context.random());
    boolean dedup =
        policy.idempotent() && context.backend().features().has(Feature.IDEMPOTENT_APPEND);
    return dedup || policy.durability() instanceof Durability.Replicated
        ? new SendLine(context, config.name(), policy, dedup, ids, outcomes)
        : new PlainSender(
            context.backend().log(),
            config.name(),
            AppendGuard.none().durability(policy.durability()),
            ids,
            outcomes);
  }

  @Override
  protected void doStart() {
    sender.resume();
    Stages.await(
        context
            .backend()
            .log()
            .declare(new StreamSpec(config.name(), config.groups(), config.sending().durability())),
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
        sender.giveUp();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      failures.add(name() + ": interrupted while waiting for answers to sends");
    }
    return new DrainReport(0, 0, 0, Duration.ofNanos(clock.nanoTime() - begun), failures);
  }

  @Override
  protected Map<String, Long> counts() {
    var counts = outcomes.counts();
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
    var drafts = new ArrayList<Outgoing.Draft>(messages.size());
    for (Fields fields : messages) {
      drafts.add(outgoing.fields(fields, SendOptions.none()));
    }
    return sendDrafts(drafts);
  }

  @Override
  public List<SendResult> sendAllPayloads(String type, List<?> payloads) {
    var drafts = new ArrayList<Outgoing.Draft>(payloads.size());
    for (Object payload : payloads) {
      drafts.add(outgoing.payload(type, payload, SendOptions.none()));
    }
    return sendDrafts(drafts);
  }

  private SendResult awaitResult(Outgoing.Draft draft) {
    var result = new CompletableFuture<SendResult>();
    Parcel parcel = dispatch(draft, result, false);
    try {
      return result.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      if (sender.withdraw(parcel)) {
        room.release();
        throw new InvalidStateException(
            "send", name(), "interrupted before the message was sent", "Nothing was sent");
      }
      throw new AmbiguousSendException(
          config.name(),
          parcel.id().orElse(""),
          "the sending thread was interrupted before the answer came",
          interrupted);
    } catch (ExecutionException error) {
      throw Stages.asBrokerException("send", config.name(), error);
    }
  }

  private CompletableFuture<SendResult> dispatch(Outgoing.Draft draft) {
    var result = new CompletableFuture<SendResult>();
    dispatch(draft, result, true);
    return result;
  }

  private Parcel dispatch(
      Outgoing.Draft draft, CompletableFuture<SendResult> result, boolean handedOver) {
    var parcel =
        new Parcel(
            draft,
            clock.nanoTime(),
            handedOver,
            item -> {
              if (item.result().isPresent()) {
                result.complete(item.result().get());
              } else {
                result.completeExceptionally(item.error().orElseThrow());
              }
            });
    hand(List.of(parcel));
    return parcel;
  }

  private List<SendResult> sendDrafts(List<Outgoing.Draft> drafts) {
    var items = new AtomicReferenceArray<BatchSendException.Item>(drafts.size());
    var missing = new CountDownLatch(drafts.size());
    for (int from = 0; from < drafts.size(); from += CHUNK) {
      long begun = clock.nanoTime();
      var parcels = new ArrayList<Parcel>(CHUNK);
      for (int i = from; i < Math.min(drafts.size(), from + CHUNK); i++) {
        int index = i;
        parcels.add(
            new Parcel(
                drafts.get(i),
                begun,
                false,
                item -> {
                  items.set(index, item);
                  missing.countDown();
                }));
      }
      hand(parcels);
    }
    awaitUninterrupted(missing);
    var all = new ArrayList<BatchSendException.Item>(items.length());
    for (int i = 0; i < items.length(); i++) {
      all.add(items.get(i));
    }
    if (all.stream().anyMatch(item -> item.error().isPresent())) {
      throw new BatchSendException(config.name(), all);
    }
    return all.stream().map(item -> item.result().orElseThrow()).toList();
  }

  /** Each message ends by itself; an interrupt is for the caller to see afterwards. */
  private static void awaitUninterrupted(CountDownLatch missing) {
    boolean interrupted = false;
    while (true) {
      try {
        missing.await();
        break;
      } catch (InterruptedException later) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Hands parcels to the sender when there is room; bad states are told to each of them. */
  private void hand(List<Parcel> parcels) {
    try {
      room.acquire(parcels.size());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      refuse(parcels, "interrupted while waiting for room", "Nothing was sent");
      return;
    }
    if (state() != State.RUNNING) {
      room.release(parcels.size());
      refuse(parcels, "the producer is " + state(), "Start it, or use another; nothing was sent");
      return;
    }
    sender.send(parcels);
  }

  private void refuse(List<Parcel> parcels, String what, String advice) {
    var refusal = new InvalidStateException("send", name(), what, advice);
    var item = new BatchSendException.Item(Optional.empty(), Optional.of(refusal));
    parcels.forEach(parcel -> parcel.done(item));
  }
}
