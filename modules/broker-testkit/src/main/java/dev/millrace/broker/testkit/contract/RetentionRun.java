package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.api.spi.Trimming.Counted;
import dev.millrace.broker.api.spi.Trimming.Facts;
import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.api.spi.Trimming.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a backend answered, to everything that was asked of one case.
 *
 * @param before how the stream stood
 * @param countedBefore how many entries it counted before the middle one
 * @param dryWhole what a dry run told of a slice that takes everything
 * @param drySlice what a dry run told of the case's own slice
 * @param slices what was done until there was no more
 * @param after how the stream stood then
 * @param state the same, as those see it who know nothing of retention
 * @param left message ids of what was left
 * @param drops the ledger
 */
record RetentionRun(
    RetentionCase given,
    Facts before,
    long countedBefore,
    Report dryWhole,
    Report drySlice,
    List<Report> slices,
    Facts after,
    StreamState state,
    List<String> left,
    List<Drop> drops) {

  /** A dry run may look at no more than so many. */
  static final int MOST_TOLD = 1_000;

  private static final int EVERYTHING = 2_000;

  /** Asks everything; what changes nothing is asked at once. */
  static CompletionStage<RetentionRun> of(
      Backend backend, Trimming trimming, String stream, RetentionCase given) {
    Limits limits = given.limits();
    var before = future(trimming.inspect(stream, limits.declaredGroups()));
    var counted = future(count(trimming, stream, given, Optional.empty(), 0));
    var whole = future(trimming.trim(stream, whole(limits), true));
    var slice = future(trimming.trim(stream, limits, true));
    return CompletableFuture.allOf(before, counted, whole, slice)
        .thenCompose(asked -> trim(trimming, stream, limits, new ArrayList<>()))
        .thenCompose(
            slices -> {
              var after = future(trimming.inspect(stream, limits.declaredGroups()));
              var state = future(backend.log().describe(stream));
              var left =
                  future(
                      backend
                          .facet(History.class)
                          .orElseThrow()
                          .scan(stream, Optional.empty(), EVERYTHING));
              var drops = future(trimming.drops(stream, EVERYTHING));
              return CompletableFuture.allOf(after, state, left, drops)
                  .thenApply(
                      asked ->
                          new RetentionRun(
                              given,
                              before.join(),
                              counted.join(),
                              whole.join(),
                              slice.join(),
                              slices,
                              after.join(),
                              state.join(),
                              ids(left.join()),
                              drops.join()));
            });
  }

  /** Where the count ends: before this entry. */
  static int middle(RetentionCase given) {
    return given.entries().size() / 2;
  }

  private static CompletionStage<Long> count(
      Trimming trimming, String stream, RetentionCase given, Optional<Position> after, long sum) {
    Position before =
        given.entries().isEmpty()
            ? new Position("1-0")
            : given.entries().get(middle(given)).position();
    int most = 7 + (int) (given.seed() % 20);
    return trimming
        .count(stream, after, before, most)
        .thenCompose(
            (Counted part) ->
                part.next().isPresent()
                    ? count(trimming, stream, given, part.next(), sum + part.entries())
                    : CompletableFuture.completedFuture(sum + part.entries()));
  }

  private static CompletionStage<List<Report>> trim(
      Trimming trimming, String stream, Limits limits, List<Report> slices) {
    return trimming
        .trim(stream, limits, false)
        .thenCompose(
            report -> {
              slices.add(report);
              // A slice that removes nothing and tells of more is a fault, and no reason to go on.
              return report.more() && report.removed() > 0
                  ? trim(trimming, stream, limits, slices)
                  : CompletableFuture.completedFuture(slices);
            });
  }

  private static Limits whole(Limits limits) {
    return new Limits(
        limits.maxLength(),
        limits.maxAge(),
        limits.minCount(),
        limits.minAge(),
        limits.declaredGroups(),
        limits.unread(),
        MOST_TOLD,
        limits.latest());
  }

  private static List<String> ids(List<History.Recorded> entries) {
    return entries.stream()
        .map(History.Recorded::entry)
        .map(Entry::id)
        .map(id -> id.orElse("without an id"))
        .toList();
  }

  private static <T> CompletableFuture<T> future(CompletionStage<T> stage) {
    return stage.toCompletableFuture();
  }
}
