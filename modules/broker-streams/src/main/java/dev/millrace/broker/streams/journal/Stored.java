package dev.millrace.broker.streams.journal;

/**
 * A record that is on the disk.
 *
 * @param number its place among those of its stream in this journal: from 1, rising, never given
 *     twice. One by one, but for a gap wherever records were lost to damage, and one of a million
 *     between what a process has left and what is appended after it was opened again
 * @param record what it is
 */
public record Stored(long number, JournalRecord record) {}
