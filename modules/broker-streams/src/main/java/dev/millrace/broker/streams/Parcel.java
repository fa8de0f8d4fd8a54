package dev.millrace.broker.streams;

import dev.millrace.broker.api.BatchSendException;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Outgoing;
import java.util.Optional;
import java.util.function.Consumer;

/** One message from the call that sends it to its outcome. Its id comes last of all. */
final class Parcel {
  /** The bytes of the message, for limits. */
  final long bytes;

  /** When it was handed in, on the monotonic clock. */
  final long begun;

  /** Whether its id is the caller's. */
  final boolean named;

  /** Whether its outcome runs code of the application, which may block. */
  final boolean handedOver;

  private final Consumer<BatchSendException.Item> done;
  private volatile Entry entry;

  Parcel(
      Outgoing.Draft draft,
      long begun,
      boolean handedOver,
      Consumer<BatchSendException.Item> done) {
    this.handedOver = handedOver;
    this.entry = draft.entry();
    this.bytes = draft.bytes();
    this.named = entry.id().isPresent();
    this.begun = begun;
    this.done = done;
  }

  /** Gives it an id, unless it has one. */
  Entry identified(MessageIds ids) {
    if (entry.id().isEmpty()) {
      entry = entry.withId(ids.next());
    }
    return entry;
  }

  Entry entry() {
    return entry;
  }

  /** Its id; empty as long as it was not sent. */
  Optional<String> id() {
    return entry.id();
  }

  void done(BatchSendException.Item item) {
    done.accept(item);
  }
}
