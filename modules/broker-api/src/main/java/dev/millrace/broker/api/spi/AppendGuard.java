package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Durability;
import java.util.OptionalLong;

/**
 * Conditions of an append.
 *
 * @param dedup which entries are the same as earlier ones; these are not stored again
 * @param maxBacklog refuse with {@link Appended.Full} when this many entries are not yet
 *     acknowledged by all groups; needs {@link BackendFeatures.Feature#GUARDED_APPEND}
 * @param durability how safely an entry is kept before it is {@link Appended.At}; one that is
 *     stored and less safe is {@link Appended.Unconfirmed}. Needs {@link
 *     BackendFeatures#offers(Durability)}
 */
public record AppendGuard(Dedup dedup, OptionalLong maxBacklog, Durability durability) {
  private static final AppendGuard NONE =
      new AppendGuard(Dedup.none(), OptionalLong.empty(), Durability.memory());

  /** No condition. */
  public static AppendGuard none() {
    return NONE;
  }

  /** The same with another rule for duplicates. */
  public AppendGuard dedup(Dedup changed) {
    return new AppendGuard(changed, maxBacklog, durability);
  }

  /** The same with a limit to the backlog. */
  public AppendGuard maxBacklog(long most) {
    return new AppendGuard(dedup, OptionalLong.of(most), durability);
  }

  /** The same with another durability. */
  public AppendGuard durability(Durability changed) {
    return new AppendGuard(dedup, maxBacklog, changed);
  }
}
