package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.RetentionPolicy;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was changed at run time, as it is stored with the stream. A setting that cannot be read, as
 * a newer version may have written it, has no effect and is told once; the others hold.
 */
final class StoredPolicy {
  private static final Logger LOG = LoggerFactory.getLogger(StoredPolicy.class);

  private final String name;
  private Map<String, String> settings = Map.of();
  private RetentionPolicy policy = RetentionPolicy.none();

  /**
   * Nothing is stored.
   *
   * @param name whose it is, for the log
   */
  StoredPolicy(String name) {
    this.name = name;
  }

  /** The changes in these settings. */
  RetentionPolicy read(Map<String, String> stored) {
    if (!stored.equals(settings)) {
      settings = stored;
      policy =
          RetentionPolicy.readable(
              stored,
              fault ->
                  LOG.warn(
                      "{}: a stored setting of the stream's retention has no effect: {}",
                      name,
                      fault));
    }
    return policy;
  }
}
