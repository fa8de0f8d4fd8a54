package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamLog;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** How parcels reach the backend. Thread-safe; nothing here blocks. */
interface Sender {
  /** Sends in order; each parcel is done once. */
  void send(List<Parcel> parcels);

  /**
   * Takes a parcel back.
   *
   * @return false if it was sent, or is done
   */
  boolean withdraw(Parcel parcel);

  /** Ends repeats that are waiting or will be: their outcome stays unknown. */
  void giveUp();

  /** Repeats again, after {@link #giveUp}. */
  void resume();

  /** What a backend that throws would have answered. */
  static CompletionStage<List<Appended>> append(
      StreamLog log, String stream, List<Entry> entries, AppendGuard guard) {
    try {
      return log.append(stream, entries, guard);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }
}
