package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Opens readers of groups; they share their waits and their reads. Thread-safe. */
public interface ReaderFactory {
  /** See {@link dev.millrace.broker.api.spi.StreamLog#open}. */
  GroupReader open(GroupRef group, ReaderSpec spec, Sink sink);

  /** See {@link dev.millrace.broker.api.spi.Leases#renew}. */
  CompletionStage<Set<Position>> renew(GroupRef group, Collection<Received> held, Duration lease);

  /** Closes every reader that is still open and the connections they wait on. Idempotent. */
  CompletionStage<Void> close();
}
