package dev.millrace.broker.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The journal that the backup producers of one process share. Immutable; {@link
 * BrokerConfig.Builder#build()} checks it.
 *
 * @param directory where it is; made if it does not exist. Each server has a folder in it, named
 *     after its URL without credentials, and in that each process takes a numbered one of its own,
 *     and takes over one that a dead process has left. Empty: no journal; then a message that the
 *     backend does not take throws
 * @param maxBytes how much of the disk it takes at most, 1 MiB to 1 TiB; a message beyond that ends
 *     with {@link JournalFullException}
 * @param maxAge how old its oldest message may become before it takes no more, 1 min to 30 days.
 *     The backend remembers for so long how far the journal was replayed
 * @param sync when a message in it counts as accepted
 * @param spillAfter how long a send waits for the backend's answer before it goes to the journal,
 *     10 ms to 1 h
 */
public record JournalConfig(
    Optional<Path> directory, long maxBytes, Duration maxAge, Sync sync, Duration spillAfter) {
  private static final JournalConfig DEFAULTS =
      new JournalConfig(
          Optional.empty(),
          1L << 30,
          Duration.ofDays(7),
          new Sync.Grouped(),
          Duration.ofSeconds(1));

  /** When the operating system is made to write to the disk. */
  public sealed interface Sync {
    /** After each message. */
    record Each() implements Sync {}

    /**
     * Before a message counts as accepted, for all together that came while the last write was
     * under way.
     */
    record Grouped() implements Sync {}

    /**
     * Every so often. A message counts as accepted before; a crash of the machine, not one of the
     * process, may lose what came since.
     *
     * @param interval 1 ms to 1 min
     */
    record Interval(Duration interval) implements Sync {}
  }

  /** In this directory; 1 GiB, 7 days, grouped, 1 s. */
  public static JournalConfig in(Path directory) {
    return new JournalConfig(
        Optional.of(directory),
        DEFAULTS.maxBytes,
        DEFAULTS.maxAge,
        DEFAULTS.sync,
        DEFAULTS.spillAfter);
  }

  /** No journal. */
  public static JournalConfig none() {
    return DEFAULTS;
  }

  /** The same with another limit of bytes. */
  public JournalConfig withMaxBytes(long maxBytes) {
    return new JournalConfig(directory, maxBytes, maxAge, sync, spillAfter);
  }

  /** The same with another limit of age. */
  public JournalConfig withMaxAge(Duration maxAge) {
    return new JournalConfig(directory, maxBytes, maxAge, sync, spillAfter);
  }

  /** The same with another rule for writing to the disk. */
  public JournalConfig withSync(Sync sync) {
    return new JournalConfig(directory, maxBytes, maxAge, sync, spillAfter);
  }

  /** The same with another patience for the backend. */
  public JournalConfig withSpillAfter(Duration spillAfter) {
    return new JournalConfig(directory, maxBytes, maxAge, sync, spillAfter);
  }

  void check(List<String> faults) {
    Check.range(faults, "journal maxBytes", maxBytes, 1L << 20, 1L << 40);
    Check.range(faults, "journal maxAge", maxAge, Duration.ofMinutes(1), Duration.ofDays(30));
    Check.range(
        faults, "journal spillAfter", spillAfter, Duration.ofMillis(10), Duration.ofHours(1));
    if (sync instanceof Sync.Interval every) {
      Check.range(
          faults,
          "journal sync interval",
          every.interval(),
          Duration.ofMillis(1),
          Duration.ofMinutes(1));
    }
  }
}
