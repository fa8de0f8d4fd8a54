package dev.millrace.broker.api;

import java.time.Instant;

/**
 * A backup producer has turned to another route.
 *
 * @param producer its name
 * @param from where its messages went before
 * @param to where they go now
 * @param at when
 * @param reason why, in words
 */
public record RouteSwitch(String producer, Route from, Route to, Instant at, String reason) {}
