package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Durability;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Conditions of an append.
 *
 * @param dedup which entries are the same as earlier ones; these are not stored again
 * @param maxBacklog refuse with {@link Appended.Full} when the backlog is this long: what is
 *     pending or unread, and not parked, in the group that is furthest behind; 0 without groups.
 *     Needs {@link BackendFeatures.Feature#GUARDED_APPEND}
 * @param durability how safely an entry is kept before it is {@link Appended.At}; one that is
 *     stored and less safe is {@link Appended.Unconfirmed}. Needs {@link
 *     BackendFeatures#offers(Durability)}
 * @param backup another stream that takes the entries, all of one append, while it is not empty, or
 *     where the first new one of them would be {@link Appended.Full}; they are {@link
 *     Appended.Spilled} then. Otherwise the stream takes all of them. Before that, if the backlog
 *     leaves {@linkplain #roomAgain room again}, the append moves more entries out of the backup
 *     than it has, as {@link Backups#drain} does, so that the backup shrinks while there is room;
 *     without {@code maxBacklog} there always is. Needs {@link BackendFeatures.Feature#BACKUP}
 */
public record AppendGuard(
    Dedup dedup, OptionalLong maxBacklog, Durability durability, Optional<String> backup) {
  private static final AppendGuard NONE =
      new AppendGuard(Dedup.none(), OptionalLong.empty(), Durability.memory(), Optional.empty());

  /** No condition. */
  public static AppendGuard none() {
    return NONE;
  }

  /** The same with another rule for duplicates. */
  public AppendGuard dedup(Dedup changed) {
    return new AppendGuard(changed, maxBacklog, durability, backup);
  }

  /** The same with a limit to the backlog. */
  public AppendGuard maxBacklog(long most) {
    return new AppendGuard(dedup, OptionalLong.of(most), durability, backup);
  }

  /** The same with another durability. */
  public AppendGuard durability(Durability changed) {
    return new AppendGuard(dedup, maxBacklog, changed, backup);
  }

  /** The same with a stream for what does not fit. */
  public AppendGuard backup(String stream) {
    return new AppendGuard(dedup, maxBacklog, durability, Optional.of(stream));
  }

  /**
   * A backlog below this leaves room for what waits in a backup: nine tenths of the limit, rounded
   * up, so that a stream at its limit does not change sides with each entry.
   */
  public static long roomAgain(long maxBacklog) {
    return maxBacklog - maxBacklog / 10;
  }
}
