package dev.millrace.broker.api;

import java.time.Instant;
import java.util.Optional;

/**
 * A message that a group gave up.
 *
 * @param position where it stands in the dead-letter stream
 * @param id the message's id
 * @param type the logical type, for messages sent with one
 * @param stream the stream that it comes from
 * @param group the group that gave it up
 * @param reason why
 * @param error the class of the error, where one was the reason
 * @param stack the beginning of the error's stack trace
 * @param fingerprint twelve hexadecimal digits, the same for letters of the same kind of error
 *     thrown from the same place (line numbers do not count), or without an error for the same
 *     reason (numbers in it do not count)
 * @param attempts how often it was delivered
 * @param at when it was given up; {@link Instant#EPOCH} if another program put it there
 * @param redriven how often it was redriven before
 */
public record DeadLetter(
    String position,
    String id,
    Optional<String> type,
    String stream,
    String group,
    String reason,
    Optional<String> error,
    Optional<String> stack,
    String fingerprint,
    int attempts,
    Instant at,
    int redriven) {}
