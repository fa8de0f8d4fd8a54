package dev.millrace.broker.api;

import java.time.Instant;

/**
 * Messages that a {@link Overflow#drop() drop policy} trimmed away although a group still needed
 * them.
 *
 * @param at when, by the backend's clock
 * @param group the group that will not see them
 * @param messages how many
 * @param first the position of the oldest of them
 * @param last the position of the newest of them
 */
public record Drop(Instant at, String group, long messages, String first, String last) {}
