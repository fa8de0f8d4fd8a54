package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Sink;
import java.util.concurrent.CompletionStage;

/** Opens readers of groups; they share their waits and their reads. Thread-safe. */
public interface ReaderFactory extends Leases {
  /** See {@link dev.millrace.broker.api.spi.StreamLog#open}. */
  GroupReader open(GroupRef group, ReaderSpec spec, Sink sink);

  /** Something came back to a group that was not in its stream: its readers look at once. */
  void returned(GroupRef group);

  /** An audit of the group begins: its readers everywhere are to count what they acknowledge. */
  void auditBegins(GroupRef group);

  /** Closes every reader that is still open and the connections they wait on. Idempotent. */
  CompletionStage<Void> close();
}
