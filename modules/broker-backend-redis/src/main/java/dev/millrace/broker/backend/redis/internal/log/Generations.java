package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.BackendContext;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Names for what is remembered of a stream from some time on; short, for each marker of an id has
 * it. One for a backend: two could give the same name. Thread-safe.
 */
public final class Generations {
  private final String prefix;
  private final AtomicLong count = new AtomicLong();

  /** Names that no other backend gives. */
  public Generations(BackendContext context) {
    this.prefix =
        Long.toString(context.clock().now().toEpochMilli(), Character.MAX_RADIX)
            + Integer.toString(context.instance().hashCode() & 0xffffff, Character.MAX_RADIX)
            + ".";
  }

  /** One that nobody had before. */
  public String next() {
    return prefix + count.incrementAndGet();
  }
}
