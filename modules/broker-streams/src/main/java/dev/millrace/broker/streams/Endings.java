package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.Appended;
import java.util.ArrayList;
import java.util.List;

/** Messages that are over, to be told when no lock is held. Not thread-safe. */
final class Endings {
  private final List<Parcel> parcels = new ArrayList<>();
  private final List<Appended> answers = new ArrayList<>();

  void add(Parcel parcel, Appended answer) {
    parcels.add(parcel);
    answers.add(answer);
  }

  int size() {
    return parcels.size();
  }

  void tell(Outcomes outcomes) {
    if (!parcels.isEmpty()) {
      var all = List.copyOf(parcels);
      var each = List.copyOf(answers);
      parcels.clear();
      answers.clear();
      outcomes.done(all, each, null);
    }
  }
}
