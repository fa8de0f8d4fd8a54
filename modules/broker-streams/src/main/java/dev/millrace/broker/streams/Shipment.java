package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.MessageIds;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What is appended in one go, and again as it was if no answer comes. Guarded by its line. */
final class Shipment {
  final long number;
  final List<Parcel> parcels;
  final List<Entry> entries;

  /** Whether an earlier attempt may have been carried out. */
  boolean repeated;

  /** Whether it waits for room, and not for an answer. */
  boolean full;

  /** Whether the backend is to check the limit. */
  boolean checked;

  /** What it is not to overtake: the last entry of what is under way before it; null: nothing. */
  @Nullable Entry after;

  /** Which messages are to go. */
  interface Choice {
    boolean test(Parcel parcel, int index);
  }

  Shipment(long number, List<Parcel> parcels, MessageIds ids) {
    this.number = number;
    this.parcels = parcels;
    this.entries = new ArrayList<>(parcels.size());
    for (Parcel parcel : parcels) {
      entries.add(parcel.identified(ids));
    }
  }

  boolean named() {
    return parcels.getFirst().named;
  }

  long begun() {
    return parcels.getFirst().begun;
  }

  static boolean full(List<Appended> answers) {
    return answers.stream().anyMatch(Appended.Full.class::isInstance);
  }

  /** Whether some of it would have overtaken what is before it. */
  static boolean behind(List<Appended> answers) {
    return answers.stream().anyMatch(Appended.Behind.class::isInstance);
  }

  /** The same without some of its messages; null: none is left. */
  @Nullable Shipment without(Choice gone, MessageIds ids) {
    var left = new ArrayList<Parcel>();
    for (int i = 0; i < parcels.size(); i++) {
      if (!gone.test(parcels.get(i), i)) {
        left.add(parcels.get(i));
      }
    }
    if (left.size() == parcels.size()) {
      return this;
    }
    if (left.isEmpty()) {
      return null;
    }
    var rest = new Shipment(number, left, ids);
    rest.repeated = repeated;
    rest.full = full;
    return rest;
  }

  @Nullable Shipment without(Predicate<Parcel> gone, MessageIds ids) {
    return without((parcel, index) -> gone.test(parcel), ids);
  }

  /** Whether it is still open if some entry is in the stream. */
  boolean open(@Nullable List<Appended> answers) {
    return answers == null ? repeated : answers.stream().anyMatch(this::open);
  }

  /** A refusal of a repeat tells nothing about the attempt before it. */
  private boolean open(Appended answer) {
    return answer instanceof Appended.Ambiguous || (repeated && answer instanceof Appended.Failed);
  }

  /** Whether nothing of it was sent, for the backend is not there now. */
  boolean unavailable(@Nullable List<Appended> answers) {
    return answers != null
        && answers.stream()
            .allMatch(
                answer ->
                    answer instanceof Appended.Failed failed
                        && failed.error() instanceof BackendUnavailableException);
  }

  /** The first attempt may still be on its way. */
  static Appended fullWhenRepeated() {
    return new Appended.Ambiguous(
        new IllegalStateException("no answer came, and its repeat found the stream full"));
  }

  /** What remains to be said when there are no more attempts. */
  List<Appended> last(@Nullable List<Appended> answers, @Nullable Throwable error) {
    if (answers == null) {
      var cause = error == null ? new IllegalStateException("no answer") : error;
      return parcels.stream().<Appended>map(parcel -> new Appended.Ambiguous(cause)).toList();
    }
    return answers.stream()
        .map(
            answer ->
                repeated && answer instanceof Appended.Failed failed
                    ? new Appended.Ambiguous(failed.error())
                    : repeated && answer instanceof Appended.Full ? fullWhenRepeated() : answer)
        .toList();
  }
}
