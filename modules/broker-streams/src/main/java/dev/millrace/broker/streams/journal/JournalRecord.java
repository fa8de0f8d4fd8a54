package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.spi.Entry;
import java.time.Duration;
import java.util.Optional;

/**
 * What is kept of one message.
 *
 * @param stream where it is to go
 * @param unknown under which number it was sent before without an answer; empty: it was not sent
 * @param idWindow for how long its id is looked for in the stream; empty: not at all
 * @param entry the message
 */
public record JournalRecord(
    String stream, Optional<Sent> unknown, Optional<Duration> idWindow, Entry entry) {}
