package dev.millrace.broker.cleanup;

import static java.util.stream.Collectors.toMap;

import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.RetentionReport.Hold;
import dev.millrace.broker.api.RetentionReport.Need;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.UnknownNameException;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Facts;
import dev.millrace.broker.api.spi.Trimming.Mark;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Tells what would go from a stream and why. It looks several times and changes nothing. Up to
 * 2,000,000 entries are counted from the oldest on; where something stands further behind, it is
 * taken to stand there. Thread-safe.
 */
public final class Explainer {
  private static final String OPERATION = "explain retention";

  private final Trimming trimming;
  private final History history;
  private final Duration patience;

  /**
   * On one backend.
   *
   * @param patience how long to wait for each answer
   */
  public Explainer(Trimming trimming, History history, Duration patience) {
    this.trimming = trimming;
    this.history = history;
    this.patience = patience;
  }

  /**
   * The report. Blocks.
   *
   * @param policy what is in force
   * @param changed what of it was changed at run time
   * @param cleanedHere whether a cleaner of this process is in charge
   * @param backup whether it is a backup stream, from which nothing goes
   * @throws UnknownNameException if there is no such stream
   */
  public RetentionReport explain(
      StreamConfig policy, RetentionPolicy changed, boolean cleanedHere, boolean backup) {
    String stream = policy.name();
    Facts facts = await(trimming.inspect(stream, policy.groups()), stream);
    if (!facts.exists()) {
      throw new UnknownNameException(OPERATION, stream, "stream", List.of());
    }
    Trimming.Memory memory = await(trimming.memory(), stream);
    Standing standing = standing(facts, policy);
    RetentionPlan plan =
        backup
            ? RetentionPlan.ofBackup(facts.length())
            : Retention.plan(standing, policy, memory.share());
    Map<String, Need> needs =
        facts.needs().stream()
            .collect(toMap(Trimming.Need::group, need -> needOf(need, facts, standing)));
    return new RetentionReport(
        stream,
        facts.now(),
        policy,
        changed,
        cleanedHere,
        facts.length(),
        facts.first().map(Mark::at),
        memory.share(),
        plan.goes(),
        plan.reasons(),
        plan.holds().stream()
            .map(
                hold ->
                    new Hold(
                        hold.floor(),
                        hold.entries(),
                        hold.group().flatMap(group -> Optional.ofNullable(needs.get(group)))))
            .toList(),
        needs.values().stream()
            .sorted(Comparator.comparingLong(Need::behind).reversed().thenComparing(Need::group))
            .toList(),
        backup
            ? Forecast.ofBackup(facts, memory, () -> lastDay(facts, stream))
            : Forecast.of(facts, policy, memory, () -> lastDay(facts, stream)));
  }

  private <T> T await(CompletionStage<T> stage, String stream) {
    return Stages.await(stage, patience, OPERATION, stream);
  }

  /** Where ages begin and groups stand, as numbers. */
  private Standing standing(Facts facts, StreamConfig policy) {
    var places = new ArrayList<Mark>();
    Edge tooOld =
        policy
            .maxAge()
            .map(age -> edge(facts, policy.name(), before(facts.now(), age)))
            .orElse(Edge.NOTHING);
    Duration least = policy.minRetentionTime();
    // An entry of exactly this age is no younger.
    Edge oldEnough =
        least.isZero()
            ? Edge.ALL
            : edge(facts, policy.name(), before(facts.now(), least).plusMillis(1));
    tooOld.mark().ifPresent(places::add);
    oldEnough.mark().ifPresent(places::add);
    Optional<Position> oldest = facts.first().map(Mark::position);
    facts.needs().stream()
        .flatMap(need -> need.first().stream())
        .filter(mark -> !Optional.of(mark.position()).equals(oldest))
        .forEach(places::add);
    Map<Position, Long> counts = new Counting(trimming, policy.name(), patience).before(places);
    return new Standing(
        facts.length(),
        tooOld.count(counts, facts.length()),
        oldEnough.count(counts, facts.length()),
        facts.needs().stream()
            .collect(toMap(Trimming.Need::group, need -> free(need, facts, counts))));
  }

  /** How many entries came in the last day; up to as many as are counted. */
  private long lastDay(Facts facts, String stream) {
    Edge edge = edge(facts, stream, before(facts.now(), Forecast.DAY));
    if (edge.mark().isEmpty() || facts.last().isEmpty()) {
      return edge.all() ? 0 : facts.length();
    }
    Position first = edge.mark().get().position();
    return new Counting(trimming, stream, patience).between(first, facts.last().get().position())
        + 1;
  }

  private static long free(Trimming.Need need, Facts facts, Map<Position, Long> counts) {
    return need.first()
        .map(mark -> Math.min(facts.length(), counts.getOrDefault(mark.position(), 0L)))
        .orElse(facts.length());
  }

  private static Instant before(Instant now, Duration age) {
    try {
      return now.minus(age);
    } catch (DateTimeException | ArithmeticException longerThanTime) {
      return Instant.EPOCH;
    }
  }

  /** Before which entry those end that were added before a time. */
  private Edge edge(Facts facts, String stream, Instant time) {
    if (facts.first().isEmpty() || !facts.first().get().at().isBefore(time)) {
      return Edge.NOTHING;
    }
    if (facts.last().isPresent() && facts.last().get().at().isBefore(time)) {
      return Edge.ALL;
    }
    Position place = await(history.place(stream, StartPosition.at(time)), stream);
    // A place may be between two entries, and an end that has an entry is before that one.
    List<History.Recorded> next = await(history.scan(stream, Optional.of(place), 1), stream);
    return next.isEmpty()
        ? Edge.ALL
        : new Edge(Optional.of(new Mark(next.getFirst().position(), time)), false);
  }

  /** All entries, none, or those before one. */
  private record Edge(Optional<Mark> mark, boolean all) {
    static final Edge ALL = new Edge(Optional.empty(), true);
    static final Edge NOTHING = new Edge(Optional.empty(), false);

    long count(Map<Position, Long> counts, long length) {
      long found = mark.map(edge -> counts.getOrDefault(edge.position(), 0L)).orElse(0L);
      return all ? length : Math.min(found, length);
    }
  }

  private static Need needOf(Trimming.Need need, Facts facts, Standing standing) {
    return new Need(
        need.group(),
        switch (need.kind()) {
          case PENDING -> "delivered and not acknowledged";
          case UNREAD -> need.first().isEmpty() ? "has read everything" : "not read";
          case ABSENT -> "declared and not there yet";
        },
        need.first().map(mark -> mark.position().value()),
        need.id(),
        need.consumer(),
        need.kind() == Trimming.Need.Kind.PENDING && need.idle().isPresent()
            ? need.idle().map(facts.now()::minus)
            : need.first().map(Mark::at),
        need.pending(),
        facts.length() - standing.free().getOrDefault(need.group(), facts.length()),
        need.served(),
        need.lastServed());
  }
}
