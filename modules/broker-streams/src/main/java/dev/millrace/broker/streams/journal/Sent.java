package dev.millrace.broker.streams.journal;

/**
 * A send whose outcome nobody knows.
 *
 * @param line the line it was sent in
 * @param number its number there
 */
public record Sent(String line, long number) {}
