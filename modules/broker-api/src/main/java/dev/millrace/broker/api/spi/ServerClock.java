package dev.millrace.broker.api.spi;

import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** The backend's own clock. */
public interface ServerClock {
  /** Now, there. */
  CompletionStage<Instant> now();
}
