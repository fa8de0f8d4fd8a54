package dev.millrace.broker.api.spi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A stream as it stands: a snapshot.
 *
 * @param name its name
 * @param exists whether it does
 * @param length how many entries it has
 * @param first the oldest entry
 * @param last the newest entry
 * @param groups its groups, by name
 * @param settings what {@link Trimming#store} stored with it
 */
public record StreamState(
    String name,
    boolean exists,
    long length,
    Optional<Position> first,
    Optional<Position> last,
    List<Group> groups,
    Map<String, String> settings) {
  /** Copies the collections. */
  public StreamState {
    groups = List.copyOf(groups);
    settings = Map.copyOf(settings);
  }

  /** One without settings of its own. */
  public StreamState(
      String name,
      boolean exists,
      long length,
      Optional<Position> first,
      Optional<Position> last,
      List<Group> groups) {
    this(name, exists, length, first, last, groups, Map.of());
  }

  /**
   * A group as it stands.
   *
   * @param name its name
   * @param lastDelivered the newest entry given to a consumer
   * @param pending entries given to a consumer and not acknowledged
   * @param parked entries that wait for a long {@link Settlement.Release} to be over: neither
   *     pending nor in the way of trimming
   * @param lag entries not yet given to a consumer; empty where the backend cannot tell
   * @param consumers names of its members, dead ones included
   */
  public record Group(
      String name,
      Position lastDelivered,
      long pending,
      long parked,
      OptionalLong lag,
      List<String> consumers) {
    /** Copies the list. */
    public Group {
      consumers = List.copyOf(consumers);
    }
  }
}
