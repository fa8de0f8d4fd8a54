package dev.millrace.broker.api.spi;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * An entry given to a reader.
 *
 * @param position where it stands
 * @param entry what it holds
 * @param partition its partition, 0 where there are none
 * @param delivery how often it has been given to a reader of the group, this time included
 * @param fence the fencing token of this delivery
 * @param receipt the backend's own note, needed to settle it; nobody else looks inside
 */
public record Received(
    Position position,
    Entry entry,
    int partition,
    OptionalInt delivery,
    OptionalLong fence,
    Object receipt) {}
