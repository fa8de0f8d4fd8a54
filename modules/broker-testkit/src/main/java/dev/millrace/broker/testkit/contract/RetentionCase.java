package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A stream, its groups and what is asked of trimming: one random case.
 *
 * @param seed makes it again
 * @param now the backend's time; on a real server it has gone on a little
 * @param entries those that are there, oldest first
 * @param deleted those that were deleted from among them before any group read them
 * @param groups those that exist
 * @param limits what may go, and how much at once
 */
public record RetentionCase(
    long seed,
    Instant now,
    List<Added> entries,
    List<Added> deleted,
    List<Group> groups,
    Limits limits) {
  /** Copies the lists. */
  public RetentionCase {
    entries = List.copyOf(entries);
    deleted = List.copyOf(deleted);
    groups = List.copyOf(groups);
  }

  /** All that were ever added, oldest first. */
  public List<Added> added() {
    return Stream.concat(entries.stream(), deleted.stream())
        .sorted(Comparator.comparingLong(Added::millis).thenComparingInt(Added::sequence))
        .toList();
  }

  /** Whether there are so many that a slice may look at fewer than it is asked for. */
  boolean isLong() {
    return entries.size() > 100;
  }

  /** Behind which entry a group is that goes on with this one; empty: it begins with the first. */
  public Optional<Position> behind(int index) {
    return index == 0 ? Optional.empty() : Optional.of(entries.get(index - 1).position());
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
    /** The same one, with so many before it. */
    Added at(int index) {
      return new Added(index, id, millis, sequence);
    }

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
   * A group.
   *
   * @param name its name
   * @param begins the index of the entry that it began with
   * @param reads what its members read, one after the other
   * @param acknowledged message ids, all of them read
   * @param setTo the index of the entry that it was set to then, back or ahead; empty: it was not
   */
  public record Group(
      String name, int begins, List<Read> reads, Set<String> acknowledged, OptionalInt setTo) {
    /** Copies the collections. */
    public Group {
      reads = List.copyOf(reads);
      acknowledged = Set.copyOf(acknowledged);
    }

    /** The index behind the last that was read. */
    public int read() {
      return begins + reads.stream().mapToInt(Read::count).sum();
    }

    /** The index of what it reads next. */
    public int next() {
      return setTo.orElse(read());
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
        + "\n  deleted "
        + deleted.stream()
            .map(each -> each.id() + " (" + sinceNow(each.at()) + ")")
            .collect(Collectors.joining(" "))
        + groups.stream().map(this::words).collect(Collectors.joining());
  }

  private String words(Group group) {
    return "\n  group "
        + group.name()
        + (group.begins() > 0 ? " from index " + group.begins() + " on" : "")
        + " read "
        + group.reads().stream()
            .map(read -> read.count() + " as " + read.consumer())
            .collect(Collectors.joining(", "))
        + "; pending "
        + entries.subList(group.begins(), group.read()).stream()
            .map(Added::id)
            .filter(id -> !group.acknowledged().contains(id))
            .toList()
        + (group.setTo().isPresent() ? "; set to index " + group.next() : "");
  }

  private String sinceNow(Instant time) {
    return (time.isBefore(now) ? "" : "+") + Duration.between(now, time);
  }
}
