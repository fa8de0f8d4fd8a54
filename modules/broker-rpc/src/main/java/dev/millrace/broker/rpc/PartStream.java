package dev.millrace.broker.rpc;

import dev.millrace.broker.api.OutcomeUnknownException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.ReplyStream;
import dev.millrace.broker.api.spi.Entry;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the parts of a call. */
final class PartStream<P> implements ReplyStream<P> {
  private final PartsCall call;
  private final String type;
  private final Function<Entry, P> decoder;
  private final Runnable cancel;
  private @Nullable Entry next;

  PartStream(PartsCall call, String type, Function<Entry, P> decoder, Runnable cancel) {
    this.call = call;
    this.type = type;
    this.decoder = decoder;
    this.cancel = cancel;
  }

  @Override
  public boolean hasNext() {
    if (next == null) {
      next = take();
    }
    return next != null;
  }

  private @Nullable Entry take() {
    try {
      Entry part = call.take();
      if (part == null) {
        Reply<Entry> how = call.ended.join();
        var unused = how.orThrow(type);
      }
      return part;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      cancel.run();
      throw new OutcomeUnknownException(type, "the reading thread was interrupted");
    }
  }

  @Override
  public P next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException("the answer has no more parts");
    }
    Entry part = next;
    next = null;
    return decoder.apply(part);
  }

  @Override
  public void close() {
    cancel.run();
  }
}
