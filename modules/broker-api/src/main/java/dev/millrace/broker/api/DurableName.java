package dev.millrace.broker.api;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A name for which the events of a channel are kept, as it stands: a snapshot.
 *
 * @param at when, by the backend's clock
 * @param channel the channel
 * @param name the name, as in {@link SubscriptionConfig.Builder#durable}
 * @param served whether a process listens under it. One that was killed counts as listening for 20
 *     leases, 10 minutes at most
 * @param lastServed when one was last known to, where none does and the backend knows; one that
 *     stopped in order leaves no trace
 * @param oldest when the oldest event was published that it has not handled, but for those that
 *     failed and wait to be tried again; empty: there is none but these, and {@code waiting} tells
 *     whether there are any
 * @param waiting how many events it has not handled, those that wait to be tried again among them;
 *     0: it has handled all; empty where the backend cannot tell
 */
public record DurableName(
    Instant at,
    String channel,
    String name,
    boolean served,
    Optional<Instant> lastServed,
    Optional<Instant> oldest,
    OptionalLong waiting) {}
