package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.StreamLog;
import java.util.List;

/** Straight to the backend, once: no lock and no queue between the caller and the backend. */
final class PlainSender implements Sender {
  private final StreamLog log;
  private final String stream;
  private final AppendGuard guard;
  private final MessageIds ids;
  private final Outcomes outcomes;

  PlainSender(StreamLog log, String stream, AppendGuard guard, MessageIds ids, Outcomes outcomes) {
    this.log = log;
    this.stream = stream;
    this.guard = guard;
    this.ids = ids;
    this.outcomes = outcomes;
  }

  @Override
  public void send(List<Parcel> parcels) {
    var entries = parcels.stream().map(parcel -> parcel.identified(ids)).toList();
    var unused =
        Sender.append(log, stream, entries, guard)
            .whenComplete((answers, error) -> outcomes.done(parcels, answers, error));
  }

  @Override
  public boolean withdraw(Parcel parcel) {
    return false;
  }

  @Override
  public void giveUp() {}

  @Override
  public void resume() {}
}
