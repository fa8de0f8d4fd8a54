package dev.millrace.broker.streams;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Received;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads and writes what is known of earlier attempts, where the backend keeps notes. */
final class Notes {
  private static final Logger LOG = LoggerFactory.getLogger(Notes.class);
  private static final int SHOWN = 64;

  private final String consumer;
  private final GroupRef group;
  private final Optional<Leases> leases;

  Notes(String consumer, GroupRef group, Backend backend) {
    this.consumer = consumer;
    this.group = group;
    this.leases =
        backend.features().has(Feature.NOTES) ? backend.facet(Leases.class) : Optional.empty();
  }

  /** Whether the backend keeps notes; otherwise only its count of deliveries is known. */
  boolean kept() {
    return leases.isPresent();
  }

  /** What the note on a delivery says; nothing, where there is none or it cannot be read. */
  Tally of(Received received) {
    Optional<String> note = received.past().note();
    if (note.isEmpty()) {
      return Tally.NONE;
    }
    return Tally.read(note.get())
        .orElseGet(
            () -> {
              LOG.warn(
                  "consumer {}: the note on {} of '{}' cannot be read and is passed over: '{}'",
                  consumer,
                  received.position(),
                  group.stream(),
                  Names.printable(note.get(), SHOWN));
              return Tally.NONE;
            });
  }

  /** Leaves a note with a delivery that is held; false if it is not held any more. */
  CompletionStage<Boolean> write(Received received, Tally tally) {
    if (leases.isEmpty()) {
      return CompletableFuture.completedFuture(true);
    }
    try {
      return leases.get().note(group, received, tally.text());
    } catch (RuntimeException atOnce) {
      // Those who wait for it have more to do, whatever becomes of the note.
      return CompletableFuture.failedFuture(atOnce);
    }
  }
}
