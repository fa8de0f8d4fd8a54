package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A stream, its groups and what is asked of trimming: one random case.
 *
 * @param seed makes it again
 * @param now the backend's time; on a real server it has gone on a little
 * @param entries oldest first
 * @param groups those that exist
 * @param limits what may go, and how much at once
 */
public record RetentionCase(
    long seed, Instant now, List<Added> entries, List<Group> groups, Limits limits) {
  /** Copies the lists. */
  public RetentionCase {
    entries = List.copyOf(entries);
    groups = List.copyOf(groups);
  }

  /**
   * An entry.
   *
   * @param index how many stand before it
   * @param id its message id
   * @param millis when it was added, since 1970
   * @param sequence which it is of those of that millisecond, from 0
   */
  public record Added(int index, String id, long millis, int sequence) {
    /** Where it stands. */
    public Position position() {
      return new Position(millis + "-" + sequence);
    }

    /** When it was added. */
    public Instant at() {
      return Instant.ofEpochMilli(millis);
    }
  }

  /**
   * A group that began with the oldest entry.
   *
   * @param name its name
   * @param reads what its members read, one after the other
   * @param acknowledged message ids, all of them read
   */
  public record Group(String name, List<Read> reads, Set<String> acknowledged) {
    /** Copies the collections. */
    public Group {
      reads = List.copyOf(reads);
      acknowledged = Set.copyOf(acknowledged);
    }

    /** How many of the oldest entries were read. */
    public int read() {
      return reads.stream().mapToInt(Read::count).sum();
    }
  }

  /**
   * What one member read.
   *
   * @param consumer who
   * @param count how many
   */
  public record Read(String consumer, int count) {}

  /** In words, times as they differ from {@link #now}. */
  @Override
  public String toString() {
    return "  now "
        + now
        + "\n  maxLength "
        + limits.maxLength()
        + ", maxAge "
        + limits.maxAge()
        + ", minCount "
        + limits.minCount()
        + ", minAge "
        + limits.minAge()
        + ",\n  unread "
        + (limits.unread() ? "stays" : "goes")
        + ", slices of "
        + limits.slice()
        + ", ages by "
        + limits.latest().map(latest -> "now " + sinceNow(latest)).orElse("the backend's clock")
        + ",\n  declared "
        + limits.declaredGroups().stream().sorted().toList()
        + "\n  entries "
        + entries.stream()
            .map(each -> each.id() + " (" + sinceNow(each.at()) + ")")
            .collect(Collectors.joining(" "))
        + groups.stream().map(this::words).collect(Collectors.joining());
  }

  private String words(Group group) {
    return "\n  group "
        + group.name()
        + " read "
        + group.reads().stream()
            .map(read -> read.count() + " as " + read.consumer())
            .collect(Collectors.joining(", "))
        + "; pending "
        + entries.subList(0, group.read()).stream()
            .map(Added::id)
            .filter(id -> !group.acknowledged().contains(id))
            .toList();
  }

  private String sinceNow(Instant time) {
    return (time.isBefore(now) ? "" : "+") + Duration.between(now, time);
  }
}
