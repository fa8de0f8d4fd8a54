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
 * @param health whether it gets on with its work
 */
public record ComponentInfo(
    String name,
    String kind,
    String stream,
    Component.State state,
    Instant since,
    Map<String, Long> counts,
    Optional<String> lastError,
    ComponentHealth health) {
  /** One that is well. */
  public ComponentInfo(
      String name,
      String kind,
      String stream,
      Component.State state,
      Instant since,
      Map<String, Long> counts,
      Optional<String> lastError) {
    this(name, kind, stream, state, since, counts, lastError, ComponentHealth.green());
  }

  /** Copies the counts. */
  public ComponentInfo {
    counts = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(counts));
  }
}
