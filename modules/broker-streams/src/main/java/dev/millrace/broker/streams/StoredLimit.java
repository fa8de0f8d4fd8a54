package dev.millrace.broker.streams;

import dev.millrace.broker.api.RetentionPolicy;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many messages a stream may be behind: as it was changed at run time and stored with the
 * stream, else as the code says. Thread-safe.
 */
final class StoredLimit {
  private static final Logger LOG = LoggerFactory.getLogger(StoredLimit.class);
  private static final String SETTING = "maxLength";

  private final String stream;
  private final long configured;
  private volatile Known known;

  /** The stored text, and what it means. */
  private record Known(@Nullable String text, long limit) {}

  StoredLimit(String stream, long configured) {
    this.stream = stream;
    this.configured = configured;
    this.known = new Known(null, configured);
  }

  long get() {
    return known.limit;
  }

  /**
   * Of all settings only this one is read: what another one says is not the producers' to judge.
   */
  void read(Map<String, String> settings) {
    String text = settings.get(SETTING);
    if (!Objects.equals(text, known.text)) {
      known = new Known(text, text == null ? configured : parsed(text));
    }
  }

  private long parsed(String text) {
    return RetentionPolicy.readable(
            Map.of(SETTING, text),
            fault ->
                LOG.warn(
                    "stream {}: its stored limit has no effect, {} holds: {}",
                    stream,
                    configured,
                    fault))
        .maxLength()
        .orElse(configured);
  }
}
