package dev.millrace.broker.streams.journal;

/**
 * A record that is on the disk.
 *
 * @param number its place among those of its stream in this journal: from 1, rising, never given
 *     twice. One by one, but for gaps where records were lost to damage and where a journal with
 *     damage or a torn end was opened again
 * @param record what it is
 */
public record Stored(long number, JournalRecord record) {}
