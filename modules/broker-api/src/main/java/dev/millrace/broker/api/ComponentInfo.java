package dev.millrace.broker.api;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A component as a listing shows it: a snapshot.
 *
 * @param name its name
 * @param kind "simple producer", "consumer"
 * @param stream the stream it works on
 * @param state its state
 * @param since when it came into that state
 * @param counts what it has counted since it was made, by name: "accepted", "handled"
 * @param lastError the newest error, in words
 */
public record ComponentInfo(
    String name,
    String kind,
    String stream,
    Component.State state,
    Instant since,
    Map<String, Long> counts,
    Optional<String> lastError) {
  /** Copies the counts. */
  public ComponentInfo {
    counts = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(counts));
  }
}
