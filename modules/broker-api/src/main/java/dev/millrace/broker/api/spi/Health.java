package dev.millrace.broker.api.spi;

import java.util.Optional;

/**
 * Whether a backend answers.
 *
 * @param up whether it does
 * @param detail what it answered, or why it does not, without secrets
 * @param roundTripNanos how long the answer took, where there was one
 */
public record Health(boolean up, String detail, Optional<Long> roundTripNanos) {}
