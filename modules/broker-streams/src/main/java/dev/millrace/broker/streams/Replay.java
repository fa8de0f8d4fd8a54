package dev.millrace.broker.streams;

import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.ReplayException;
import dev.millrace.broker.api.ReplayReport;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.EntryMessage;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.History.Recorded;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Stages;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Hands what a stream keeps to a handler, one after the other. Used by one thread. */
public final class Replay {
  private static final String OPERATION = "replay";
  private static final int FIRST_PAGE = 16;
  private static final int LARGEST_PAGE = 500;

  /** What one page may hold, by the average of the one before. */
  private static final long PAGE_BYTES = 4L << 20;

  private final StreamsContext context;
  private final String stream;
  private final History history;
  private long handled;
  private Optional<String> last = Optional.empty();

  private Replay(StreamsContext context, String stream) {
    this.context = context;
    this.stream = stream;
    this.history = context.backend().facet(History.class).orElseThrow();
  }

  /**
   * Runs one, on a backend with {@link History}.
   *
   * @param until only what was added before; empty: up to the newest entry there is now
   * @throws ReplayException if the handler throws or the thread is interrupted
   */
  public static ReplayReport run(
      StreamsContext context,
      String stream,
      StartPosition from,
      Optional<Instant> until,
      Handler<? super Message> handler) {
    return new Replay(context, stream).run(from, until, handler);
  }

  private ReplayReport run(
      StartPosition from, Optional<Instant> until, Handler<? super Message> handler) {
    Position end = place(until.map(StartPosition::at).orElseGet(StartPosition::latest));
    Position after = place(from);
    int page = FIRST_PAGE;
    while (true) {
      List<Recorded> some =
          Stages.await(
              history.scan(stream, after, end, page), context.patience(), OPERATION, stream);
      if (some.isEmpty()) {
        return report();
      }
      long bytes = 0;
      for (Recorded each : some) {
        handle(each, handler);
        bytes += each.entry().fields().byteSize();
      }
      after = some.getLast().position();
      long average = Math.max(1, bytes / some.size());
      page = Math.clamp(PAGE_BYTES / average, 1, LARGEST_PAGE);
    }
  }

  private Position place(StartPosition position) {
    return Stages.await(history.place(stream, position), context.patience(), OPERATION, stream);
  }

  private void handle(Recorded recorded, Handler<? super Message> handler) {
    var message =
        new EntryMessage(
            stream,
            recorded.position(),
            recorded.entry(),
            context.codec(),
            context.maxMessageBytes());
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException("the thread was interrupted");
      }
      handler.handle(message);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new ReplayException(stream, "it was interrupted", report(), interrupted);
    } catch (Exception failed) {
      throw new ReplayException(
          stream, "the handler failed at " + message.position(), report(), failed);
    }
    handled++;
    last = Optional.of(message.position());
  }

  private ReplayReport report() {
    return new ReplayReport(handled, last);
  }
}
