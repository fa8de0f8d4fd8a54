package dev.millrace.broker.api.spi;

import java.util.OptionalLong;

/**
 * Conditions of an append.
 *
 * @param dedup store each id at most once; needs {@link BackendFeatures.Feature#IDEMPOTENT_APPEND}
 * @param maxBacklog refuse with {@link Appended.Full} when this many entries are not yet
 *     acknowledged by all groups; needs {@link BackendFeatures.Feature#GUARDED_APPEND}
 */
public record AppendGuard(boolean dedup, OptionalLong maxBacklog) {
  private static final AppendGuard NONE = new AppendGuard(false, OptionalLong.empty());

  /** No condition. */
  public static AppendGuard none() {
    return NONE;
  }
}
