package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Trimming;
import java.util.OptionalLong;

/** From a stream's configuration to the bounds of its trimming. */
final class Retention {
  private Retention() {}

  static Trimming.Limits limits(StreamConfig stream) {
    boolean unreadProtects = !stream.history() && !(stream.overflow() instanceof Overflow.Drop);
    return new Trimming.Limits(
        OptionalLong.of(stream.maxLength()),
        stream.maxAge(),
        stream.minRetentionCount(),
        stream.minRetentionTime(),
        stream.groups(),
        unreadProtects,
        stream.batchSize());
  }
}
