package dev.millrace.broker.streams;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BatchSendException;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Outgoing;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;

/** The forms in which a producer of any kind is called, and how many sends it has under way. */
final class SendForms {
  /** Sends under way at most; a caller beyond them waits. */
  private static final int MAX_IN_FLIGHT = 16_384;

  /** Entries handed to the backend in one go by the batch form. */
  private static final int CHUNK = 1_024;

  private final Component producer;
  private final String stream;
  private final Outgoing outgoing;
  private final BrokerClock clock;
  private final Semaphore room;
  private final Sender sender;

  SendForms(
      Component producer, String stream, StreamsContext context, Semaphore room, Sender sender) {
    this.producer = producer;
    this.stream = stream;
    this.outgoing =
        new Outgoing(
            MessageKind.TASK,
            stream,
            context.codec(),
            context.maxMessageBytes(),
            context.interceptors());
    this.clock = context.clock();
    this.room = room;
    this.sender = sender;
  }

  /** Room for all sends that may be under way. */
  static Semaphore room() {
    return new Semaphore(MAX_IN_FLIGHT);
  }

  long inFlight() {
    return (long) MAX_IN_FLIGHT - room.availablePermits();
  }

  /**
   * Waits for the answers to the sends under way. A send that begins meanwhile is refused by its
   * check of the state.
   *
   * @return what went wrong
   */
  List<String> drain(Duration deadline) {
    try {
      if (room.tryAcquire(MAX_IN_FLIGHT, deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        room.release(MAX_IN_FLIGHT);
        return List.of();
      }
      long left = inFlight();
      sender.giveUp();
      return List.of(producer.name() + ": " + left + " sends had no answer in time");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return List.of(producer.name() + ": interrupted while waiting for answers to sends");
    }
  }

  SendResult send(Fields fields, SendOptions options) {
    return awaitResult(outgoing.fields(fields, options));
  }

  SendResult sendPayload(String type, Object payload, SendOptions options) {
    return awaitResult(outgoing.payload(type, payload, options));
  }

  CompletableFuture<SendResult> sendAsync(Fields fields, SendOptions options) {
    return dispatch(outgoing.fields(fields, options));
  }

  CompletableFuture<SendResult> sendPayloadAsync(String type, Object payload, SendOptions options) {
    return dispatch(outgoing.payload(type, payload, options));
  }

  List<SendResult> sendAll(List<Fields> messages) {
    return sendDrafts(drafts(messages, fields -> outgoing.fields(fields, SendOptions.none())));
  }

  List<SendResult> sendAllPayloads(String type, List<?> payloads) {
    return sendDrafts(
        drafts(payloads, payload -> outgoing.payload(type, payload, SendOptions.none())));
  }

  /** All or none: what refuses one has refused those before it. */
  private static <T> List<Outgoing.Draft> drafts(
      List<T> contents, Function<? super T, Outgoing.Draft> drafting) {
    var drafts = new ArrayList<Outgoing.Draft>(contents.size());
    try {
      for (T content : contents) {
        drafts.add(drafting.apply(content));
      }
    } catch (RuntimeException | Error refused) {
      drafts.forEach(draft -> draft.ended(null, refused));
      throw refused;
    }
    return drafts;
  }

  private SendResult awaitResult(Outgoing.Draft draft) {
    try {
      SendResult result = awaited(draft);
      draft.ended(result.id(), null);
      return result;
    } catch (RuntimeException failed) {
      draft.ended(null, failed);
      throw failed;
    }
  }

  private SendResult awaited(Outgoing.Draft draft) {
    var result = new CompletableFuture<SendResult>();
    Parcel parcel = dispatch(draft, result, false);
    try {
      return result.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      if (sender.withdraw(parcel)) {
        room.release();
        throw new InvalidStateException(
            "send", producer.name(), "interrupted before the message was sent", "Nothing was sent");
      }
      throw new AmbiguousSendException(
          stream,
          parcel.id().orElse(""),
          "the sending thread was interrupted before the answer came",
          interrupted);
    } catch (ExecutionException error) {
      throw Stages.asBrokerException("send", stream, error);
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
              if (handedOver) {
                tell(draft, item);
              }
              if (item.result().isPresent()) {
                result.complete(item.result().get());
              } else {
                result.completeExceptionally(item.error().orElseThrow());
              }
            });
    hand(List.of(parcel));
    return parcel;
  }

  private static void tell(Outgoing.Draft draft, BatchSendException.Item item) {
    if (draft.intercepted()) {
      draft.ended(item.result().map(SendResult::id).orElse(null), item.error().orElse(null));
    }
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
      tell(drafts.get(i), items.get(i));
    }
    if (all.stream().anyMatch(item -> item.error().isPresent())) {
      throw new BatchSendException(stream, all);
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
    if (producer.state() != Component.State.RUNNING) {
      room.release(parcels.size());
      refuse(
          parcels,
          "the producer is " + producer.state(),
          "Start it, or use another; nothing was sent");
      return;
    }
    sender.send(parcels);
  }

  private void refuse(List<Parcel> parcels, String what, String advice) {
    var refusal = new InvalidStateException("send", producer.name(), what, advice);
    var item = new BatchSendException.Item(Optional.empty(), Optional.of(refusal));
    parcels.forEach(parcel -> parcel.done(item));
  }
}
