package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Health;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A backend whose answers to appends get lost as a test says. */
final class LossyBackend implements Backend, StreamLog {
  /** What becomes of an append. */
  enum Fault {
    /** Carried out, and the answer is lost. */
    ANSWER_LOST,
    /** Lost on the way there. */
    REQUEST_LOST,
    /** Refused before it left. */
    UNREACHABLE,
    /** Never answered at all. */
    SILENT,
    /** Held up until the test says what becomes of it. */
    HELD
  }

  /** An append that has not reached the backend yet. */
  final class Held {
    private final String stream;
    private final List<Entry> entries;
    private final AppendGuard guard;
    private final CompletableFuture<List<Appended>> answer = new CompletableFuture<>();

    private Held(String stream, List<Entry> entries, AppendGuard guard) {
      this.stream = stream;
      this.entries = entries;
      this.guard = guard;
    }

    void carryOut() {
      answer.complete(whole.log().append(stream, entries, guard).toCompletableFuture().join());
    }

    void lose() {
      answer.complete(lost(entries));
    }

    void findNoRoom() {
      answer.complete(Collections.nCopies(entries.size(), new Appended.Full(1)));
    }

    void refuse(BrokerException error) {
      answer.complete(Collections.nCopies(entries.size(), new Appended.Failed(error)));
    }
  }

  private final Backend whole;
  private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
  final AtomicInteger appends = new AtomicInteger();
  final AtomicInteger looks = new AtomicInteger();

  /** Everything that changes something is refused with it. */
  volatile @Nullable BrokerException refusal;

  /** Only there. */
  volatile @Nullable String refusedStream;

  /** Appends carried out late: an answer to {@link Fault#SILENT} never comes, the append may. */
  final Queue<Runnable> inSockets = new ConcurrentLinkedQueue<>();

  /** What is {@link Fault#HELD}, in the order of its sending. */
  final Queue<Held> held = new ConcurrentLinkedQueue<>();

  /** What ends the answers. */
  volatile Executor answering = Runnable::run;

  LossyBackend(Backend whole) {
    this.whole = whole;
  }

  void next(Fault... all) {
    faults.addAll(List.of(all));
  }

  void always(Fault fault) {
    faults.addAll(Collections.nCopies(1_000, fault));
  }

  @Override
  public CompletionStage<List<Appended>> append(
      String stream, List<Entry> entries, AppendGuard guard) {
    appends.incrementAndGet();
    BrokerException refused = refusal;
    if (refused != null && (refusedStream == null || refusedStream.equals(stream))) {
      return CompletableFuture.completedFuture(
          Collections.nCopies(entries.size(), new Appended.Failed(refused)));
    }
    Fault fault = faults.poll();
    if (fault == null) {
      return whole.log().append(stream, entries, guard).thenApplyAsync(done -> done, answering);
    }
    return switch (fault) {
      case ANSWER_LOST ->
          whole.log().append(stream, entries, guard).thenApply(done -> lost(entries));
      case REQUEST_LOST -> CompletableFuture.completedFuture(lost(entries));
      case UNREACHABLE ->
          CompletableFuture.completedFuture(
              Collections.nCopies(
                  entries.size(),
                  new Appended.Failed(
                      new BackendUnavailableException("send", stream, "nobody is there", null))));
      case SILENT -> {
        inSockets.add(() -> whole.log().append(stream, entries, guard));
        yield new CompletableFuture<>();
      }
      case HELD -> {
        var late = new Held(stream, entries, guard);
        held.add(late);
        yield late.answer;
      }
    };
  }

  private static List<Appended> lost(List<Entry> entries) {
    return Collections.nCopies(
        entries.size(), new Appended.Ambiguous(new IllegalStateException("the answer got lost")));
  }

  @Override
  public StreamLog log() {
    return this;
  }

  @Override
  public String name() {
    return whole.name();
  }

  @Override
  public BackendContext context() {
    return whole.context();
  }

  @Override
  public BackendFeatures features() {
    return whole.features();
  }

  @Override
  public EventBus events() {
    return whole.events();
  }

  @Override
  public CompletionStage<Health> health() {
    return whole.health();
  }

  @Override
  public <F> Optional<F> facet(Class<F> facet) {
    return whole
        .facet(facet)
        .map(found -> found instanceof Backups backups ? facet.cast(new Lossy(backups)) : found);
  }

  private final class Lossy implements Backups {
    private final Backups whole;

    Lossy(Backups whole) {
      this.whole = whole;
    }

    @Override
    public CompletionStage<Drained> drain(String stream, String backup, int max, long most) {
      BrokerException refused = refusal;
      return refused == null
          ? whole.drain(stream, backup, max, most)
          : CompletableFuture.failedFuture(refused);
    }

    @Override
    public CompletionStage<Long> seal(String stream, String line, Duration remembered) {
      BrokerException refused = refusal;
      return refused == null
          ? whole.seal(stream, line, remembered)
          : CompletableFuture.failedFuture(refused);
    }
  }

  @Override
  public CompletionStage<StreamState> declare(StreamSpec spec) {
    return whole.log().declare(spec);
  }

  @Override
  public CompletionStage<StreamState> describe(String stream) {
    looks.incrementAndGet();
    return whole.log().describe(stream);
  }

  @Override
  public CompletionStage<Void> delete(String stream) {
    return whole.log().delete(stream);
  }

  @Override
  public CompletionStage<Boolean> removeGroup(GroupRef group, boolean lastTakesStream) {
    return whole.log().removeGroup(group, lastTakesStream);
  }

  @Override
  public GroupReader open(GroupRef group, ReaderSpec spec, Sink sink) {
    return whole.log().open(group, spec, sink);
  }

  @Override
  public void close() {
    whole.close();
  }
}
