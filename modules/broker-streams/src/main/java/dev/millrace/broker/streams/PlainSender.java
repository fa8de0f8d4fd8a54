package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.StreamLog;
import java.util.List;

/**
 * Straight to the backend, once: no lock and no queue between the caller and the backend, unless
 * the stream may be full. Then a line keeps those in order that wait for room.
 */
final class PlainSender implements Sender {
  private final StreamLog log;
  private final String stream;
  private final AppendGuard guard;
  private final MessageIds ids;
  private final Outcomes outcomes;
  private final Ceiling ceiling;
  private final SendLine line;

  /**
   * To one stream.
   *
   * @param line for what may find the stream full
   */
  PlainSender(
      StreamLog log,
      String stream,
      AppendGuard guard,
      MessageIds ids,
      Outcomes outcomes,
      Ceiling ceiling,
      SendLine line) {
    this.log = log;
    this.stream = stream;
    this.guard = guard;
    this.ids = ids;
    this.outcomes = outcomes;
    this.ceiling = ceiling;
    this.line = line;
  }

  @Override
  public void send(List<Parcel> parcels) {
    if (ceiling.near() || line.busy()) {
      line.send(parcels);
      return;
    }
    var entries = parcels.stream().map(parcel -> parcel.identified(ids)).toList();
    var unused =
        Sender.append(log, stream, entries, ceiling.guard(guard, entries.size(), false))
            .whenComplete((answers, error) -> outcomes.done(parcels, answers, error));
  }

  @Override
  public boolean withdraw(Parcel parcel) {
    return line.withdraw(parcel);
  }

  @Override
  public void giveUp() {
    line.giveUp();
  }

  @Override
  public void resume() {
    line.resume();
  }
}
