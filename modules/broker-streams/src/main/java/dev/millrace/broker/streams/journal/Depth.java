package dev.millrace.broker.streams.journal;

import java.time.Duration;
import java.util.Optional;

/**
 * How much of a stream waits in a journal.
 *
 * @param records how many records are not done; an estimate where some were lost to damage
 * @param oldest the age of the oldest of them
 */
public record Depth(long records, Optional<Duration> oldest) {}
