package dev.millrace.broker.streams.journal;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What was handed in at once.
 *
 * @param streams of each record
 * @param frames of each record, still without number and place; none: what was written is to be on
 *     the disk
 * @param size of all of them
 * @param result ends when that is so
 */
record Batch(
    List<String> streams, List<byte[]> frames, long size, CompletableFuture<Void> result) {}
