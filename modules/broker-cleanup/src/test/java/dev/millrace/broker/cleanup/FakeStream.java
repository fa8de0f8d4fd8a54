package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A stream of so many entries, added one after the other, that tells what it was asked. */
final class FakeStream implements Trimming, History {
  static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  private final long length;
  private final Duration apart;
  final List<Need> needs = new ArrayList<>();
  final List<Sample> samples = new ArrayList<>();
  Memory memory = new Memory(100, OptionalLong.empty());
  OptionalLong bytes = OptionalLong.empty();
  long added;
  boolean exists = true;
  Duration quiet = Duration.ZERO;
  long counted;
  int largestPart;

  /**
   * The newest was added now unless it has been quiet since, and each one so long before the next.
   */
  FakeStream(long length, Duration apart) {
    this.length = length;
    this.apart = apart;
    this.added = length;
  }

  /** The entry of a number from 0 on. */
  Mark mark(long entry) {
    return new Mark(
        new Position("e" + entry), NOW.minus(quiet).minus(apart.multipliedBy(length - 1 - entry)));
  }

  private static long number(Position position) {
    return Long.parseLong(position.value().substring(1));
  }

  void needs(String group, Need.Kind kind, long from) {
    boolean pending = kind == Need.Kind.PENDING;
    needs.add(
        new Need(
            group,
            kind,
            from < length ? Optional.of(mark(from)) : Optional.empty(),
            Optional.of("id-" + from),
            pending ? Optional.of("host-1") : Optional.empty(),
            pending ? Optional.of(Duration.ofHours(3)) : Optional.empty(),
            pending ? 2 : 0));
  }

  @Override
  public CompletionStage<Facts> inspect(String stream, Set<String> declaredGroups) {
    boolean empty = length == 0;
    return CompletableFuture.completedFuture(
        new Facts(
            exists,
            NOW,
            length,
            added,
            empty ? Optional.empty() : Optional.of(mark(0)),
            empty ? Optional.empty() : Optional.of(mark(length - 1)),
            bytes,
            needs,
            samples));
  }

  @Override
  public CompletionStage<Counted> count(
      String stream, Optional<Position> after, Position before, int most) {
    largestPart = Math.max(largestPart, most);
    long from = after.map(FakeStream::number).orElse(-1L) + 1;
    long to = Math.max(from, number(before));
    long part = Math.min(most, to - from);
    counted += part;
    return CompletableFuture.completedFuture(
        new Counted(
            part,
            from + part < to
                ? Optional.of(new Position("e" + (from + part - 1)))
                : Optional.empty()));
  }

  @Override
  public CompletionStage<Memory> memory() {
    return CompletableFuture.completedFuture(memory);
  }

  @Override
  public CompletionStage<Void> store(String stream, Map<String, String> settings) {
    throw new UnsupportedOperationException("whoever explains changes nothing");
  }

  @Override
  public CompletionStage<List<Drop>> drops(String stream, int most) {
    throw new UnsupportedOperationException("whoever explains does not list drops");
  }

  @Override
  public CompletionStage<Position> place(String stream, StartPosition start) {
    Instant time = ((StartPosition.At) start).time();
    long entry = 0;
    while (entry < length && mark(entry).at().isBefore(time)) {
      entry++;
    }
    return CompletableFuture.completedFuture(new Position("e" + (entry - 1)));
  }

  @Override
  public CompletionStage<List<Recorded>> scan(String stream, Optional<Position> after, int max) {
    long next = after.map(FakeStream::number).orElse(-1L) + 1;
    return CompletableFuture.completedFuture(
        next < length
            ? List.of(new Recorded(mark(next).position(), Entry.of("id", Fields.of("n", next))))
            : List.of());
  }

  @Override
  public CompletionStage<List<Recorded>> scan(
      String stream, Position after, Position upTo, int max) {
    throw new AssertionError("not asked for");
  }

  @Override
  public CompletionStage<Void> reset(GroupRef group, StartPosition to) {
    throw new AssertionError("explaining changes nothing");
  }

  @Override
  public CompletionStage<Report> trim(String stream, Limits limits, boolean dryRun) {
    throw new AssertionError("explaining changes nothing");
  }
}
