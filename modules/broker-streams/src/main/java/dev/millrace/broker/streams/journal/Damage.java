package dev.millrace.broker.streams.journal;

import java.nio.file.Path;

/**
 * A part of a file that holds no valid record.
 *
 * @param file which file
 * @param offset where it begins
 * @param bytes how long it is
 * @param records how many records it held; -1: nobody knows
 */
record Damage(Path file, long offset, long bytes, long records) {}
