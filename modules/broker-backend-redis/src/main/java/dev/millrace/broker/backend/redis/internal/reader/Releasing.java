package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Starts releases of one lane. Short ones are renewed and stay with their process until they are
 * due; long ones are parked beside the stream, where they hold nothing back. Thread-safe.
 */
final class Releasing {
  /** For ever, in numbers that clocks can hold. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final Held held;

  Releasing(Held held) {
    this.held = held;
  }

  /** A release whose receipt is being settled. */
  record Later(Receipt receipt, Duration after, Optional<String> note) {
    static Later of(Receipt receipt, Settlement.Release release) {
      Duration after = release.after();
      return new Later(receipt, after.compareTo(LONGEST) > 0 ? LONGEST : after, release.note());
    }

    boolean isLong() {
      return !receipt.large && after.multipliedBy(2).compareTo(receipt.member.spec().lease()) > 0;
    }

    private Held.Parked parked() {
      return new Held.Parked(receipt, after.toMillis(), note);
    }

    private Held.Noted noted() {
      return new Held.Noted(receipt, note.orElse(""));
    }
  }

  void start(Lane lane, List<Later> releases) {
    var parked = new ArrayList<Later>();
    var noted = new ArrayList<Later>();
    var plain = new ArrayList<Later>();
    for (Later each : releases) {
      (each.isLong() ? parked : each.note().isPresent() ? noted : plain).add(each);
    }
    long now = lane.hub().now();
    inParts(
        parked,
        part -> held.park(lane, part.stream().map(Later::parked).toList()),
        (part, verdicts) -> parked(lane, part, verdicts));
    inParts(
        noted,
        part -> held.note(lane, part.stream().map(Later::noted).toList()),
        (part, verdicts) -> kept(lane, part, verdicts, now));
    inParts(
        plain,
        part -> held.renew(lane, receipts(part)),
        (part, verdicts) -> kept(lane, part, verdicts, now));
  }

  private interface Outcome {
    void of(List<Later> part, List<Long> verdicts);
  }

  private static void inParts(
      List<Later> releases,
      Function<List<Later>, CompletionStage<List<Long>>> call,
      Outcome outcome) {
    for (int from = 0; from < releases.size(); from += Checked.BATCH) {
      var part = releases.subList(from, Math.min(releases.size(), from + Checked.BATCH));
      call.apply(part)
          .whenComplete(
              (verdicts, error) -> {
                if (error != null) {
                  Lane lane = part.get(0).receipt().lane();
                  Deliveries.settled(receipts(part), AckLine.unanswered(lane, error));
                } else {
                  outcome.of(part, verdicts);
                }
              });
    }
  }

  private static List<Receipt> receipts(List<Later> releases) {
    return releases.stream().map(Later::receipt).toList();
  }

  private static void parked(Lane lane, List<Later> releases, List<Long> verdicts) {
    var done = new ArrayList<Receipt>();
    var stale = new ArrayList<Receipt>();
    Duration first = releases.get(0).after();
    for (int i = 0; i < releases.size(); i++) {
      Later each = releases.get(i);
      (verdicts.get(i) == 1 ? done : stale).add(each.receipt());
      first = each.after().compareTo(first) < 0 ? each.after() : first;
    }
    Duration wait = first;
    lane.hub()
        .locked(
            () -> {
              lane.lost(verdicts.stream().filter(verdict -> verdict < 0).count());
              lane.parking().expect(wait);
            });
    Deliveries.settled(stale, Settled.STALE);
    Deliveries.settled(done, Settled.DONE);
  }

  /** Keeps them until they are due, or hands them back where the reader has stopped. */
  private static void kept(Lane lane, List<Later> releases, List<Long> verdicts, long now) {
    var stale = new ArrayList<Receipt>();
    var kept = new ArrayList<Receipt>();
    lane.hub()
        .locked(
            () -> {
              var homeless = new ArrayList<Receipt>();
              for (int i = 0; i < releases.size(); i++) {
                Receipt receipt = releases.get(i).receipt();
                if (verdicts.get(i) != 1) {
                  lane.lost(verdicts.get(i) < 0 ? 1 : 0);
                  stale.add(receipt);
                } else {
                  kept.add(receipt);
                  if (!lane.deliveries().keep(receipt, now + releases.get(i).after().toNanos())) {
                    homeless.add(receipt);
                  }
                }
              }
              lane.deliveries().handBack(homeless, true);
              lane.advance();
            });
    Deliveries.settled(stale, Settled.STALE);
    kept.forEach(receipt -> receipt.tell(Settled.DONE));
  }
}
