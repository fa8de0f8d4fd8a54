package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Health;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A backend as one process sees it, with faults: the process may die, so that nothing it does from
 * then on arrives; its readers may go silent; settlements may be refused or left unanswered.
 */
final class FaultyBackend implements Backend, StreamLog {
  private final Backend whole;

  private final List<GroupReader> readers = new CopyOnWriteArrayList<>();

  /** Whether the groups of readers are there; null: as it is. */
  volatile @Nullable CompletionStage<Void> ready;

  /** How often that was asked, and how many have left. */
  final AtomicInteger asked = new AtomicInteger();

  final AtomicInteger left = new AtomicInteger();

  private volatile boolean dead;

  /** So many readers that are opened from now on take credit and deliver nothing. */
  final AtomicInteger silentReaders = new AtomicInteger();

  /** So many moves are refused. */
  final AtomicInteger refusedMoves = new AtomicInteger();

  /** So many settlements are answered with a shrug. */
  final AtomicInteger unknownSettlements = new AtomicInteger();

  /** Renewals say that nothing is held. */
  volatile boolean renewsNothing;

  /** Up to here groups have read, and how much is behind it is unknown. */
  volatile @Nullable String readUpTo;

  /** Notes get no answer. */
  volatile boolean muteNotes;

  /** Notes are refused at once, by an exception. */
  volatile boolean throwingNotes;

  final AtomicInteger notes = new AtomicInteger();

  /** Settlements get no answer. */
  volatile boolean mute;

  final AtomicInteger opened = new AtomicInteger();

  FaultyBackend(Backend whole) {
    this.whole = whole;
  }

  /** From now on nothing arrives in either direction; what it held stays held. */
  void die() {
    dead = true;
    readers.forEach(GroupReader::stopReading);
  }

  boolean isDead() {
    return dead;
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
  public StreamLog log() {
    return this;
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
        .map(found -> found instanceof Leases leases ? facet.cast(new Dying(leases)) : found);
  }

  @Override
  public void close() {
    whole.close();
  }

  @Override
  public CompletionStage<StreamState> declare(StreamSpec spec) {
    return whole.log().declare(spec);
  }

  @Override
  public CompletionStage<StreamState> describe(String stream) {
    CompletionStage<StreamState> state = whole.log().describe(stream);
    String upTo = readUpTo;
    return upTo == null ? state : state.thenApply(known -> withoutLag(known, upTo));
  }

  private static StreamState withoutLag(StreamState state, String upTo) {
    var groups =
        state.groups().stream()
            .map(
                group ->
                    new StreamState.Group(
                        group.name(),
                        new Position(upTo),
                        group.pending(),
                        group.parked(),
                        OptionalLong.empty(),
                        group.consumers()))
            .toList();
    return new StreamState(
        state.name(), state.exists(), state.length(), state.first(), state.last(), groups);
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
  public CompletionStage<List<Appended>> append(
      String stream, List<Entry> entries, AppendGuard guard) {
    return whole.log().append(stream, entries, guard);
  }

  @Override
  public GroupReader open(GroupRef group, ReaderSpec spec, Sink sink) {
    opened.incrementAndGet();
    boolean silent = silentReaders.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    GroupReader reader = whole.log().open(group, spec, new Tap(sink));
    readers.add(reader);
    return new Reader(reader, silent);
  }

  private static <T> CompletionStage<T> never() {
    return new CompletableFuture<>();
  }

  private final class Tap implements Sink {
    private final Sink sink;

    Tap(Sink sink) {
      this.sink = sink;
    }

    @Override
    public void deliver(List<Received> batch) {
      if (!dead) {
        sink.deliver(batch);
      }
    }

    @Override
    public void recreated(Position from) {
      sink.recreated(from);
    }

    @Override
    public void failed(Throwable error) {
      sink.failed(error);
    }
  }

  private final class Reader implements GroupReader {
    private final GroupReader whole;
    private final boolean silent;

    Reader(GroupReader whole, boolean silent) {
      this.whole = whole;
      this.silent = silent;
    }

    @Override
    public CompletionStage<Void> ready() {
      asked.incrementAndGet();
      CompletionStage<Void> instead = ready;
      return instead == null ? whole.ready() : instead;
    }

    @Override
    public void request(int credit) {
      if (!dead && !silent) {
        whole.request(credit);
      }
    }

    @Override
    public CompletionStage<List<Settled>> settle(List<Settlement> settlements) {
      if (dead) {
        return CompletableFuture.completedFuture(
            settlements.stream().map(each -> Settled.STALE).toList());
      }
      if (mute) {
        return never();
      }
      if (unknownSettlements.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        return CompletableFuture.completedFuture(List.of(Settled.UNKNOWN));
      }
      if (settlements.getFirst() instanceof Settlement.MoveTo
          && refusedMoves.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        return CompletableFuture.completedFuture(List.of(Settled.REFUSED));
      }
      return whole.settle(settlements);
    }

    @Override
    public CompletionStage<Void> stopReading() {
      return dead ? CompletableFuture.completedFuture(null) : whole.stopReading();
    }

    @Override
    public void resumeReading() {
      whole.resumeReading();
    }

    @Override
    public CompletionStage<Void> leave() {
      left.incrementAndGet();
      return dead ? CompletableFuture.completedFuture(null) : whole.leave();
    }

    @Override
    public void close() {
      leave();
    }
  }

  private final class Dying implements Leases {
    private final Leases whole;

    Dying(Leases whole) {
      this.whole = whole;
    }

    @Override
    public CompletionStage<Set<Position>> renew(
        GroupRef group, Collection<Received> held, Duration lease) {
      if (renewsNothing) {
        return CompletableFuture.completedFuture(Set.of());
      }
      return dead ? never() : whole.renew(group, held, lease);
    }

    @Override
    public CompletionStage<Boolean> note(GroupRef group, Received held, String note) {
      notes.incrementAndGet();
      if (throwingNotes) {
        throw new IllegalStateException("on purpose");
      }
      return dead || muteNotes ? never() : whole.note(group, held, note);
    }
  }
}
