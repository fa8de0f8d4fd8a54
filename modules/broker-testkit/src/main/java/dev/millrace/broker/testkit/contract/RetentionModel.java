package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.testkit.contract.RetentionCase.Added;
import dev.millrace.broker.testkit.contract.RetentionCase.Group;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What has to become of a case, by asking each entry by itself whether it may go. It knows nothing
 * of floors, slices and prefixes: that these give the same is what is tested.
 */
final class RetentionModel {
  private final List<Added> entries;
  private final Limits limits;
  private final Instant now;
  private final Set<String> groups;
  private final Map<String, Group> existing = new HashMap<>();
  // The index of the oldest one that any group needs.
  private final int firstNeeded;
  private final List<Added> removed;
  private final List<Added> left;

  RetentionModel(RetentionCase given) {
    this.entries = given.entries();
    this.limits = given.limits();
    this.now = limits.latest().filter(latest -> latest.isBefore(given.now())).orElse(given.now());
    var names = new HashSet<>(limits.declaredGroups());
    given.groups().forEach(group -> names.add(group.name()));
    given.groups().forEach(group -> existing.put(group.name(), group));
    this.groups = Set.copyOf(names);
    this.firstNeeded =
        entries.stream()
            .filter(each -> groups.stream().anyMatch(name -> needs(name, each)))
            .mapToInt(Added::index)
            .findFirst()
            .orElse(entries.size());
    Map<Boolean, List<Added>> goes =
        entries.stream()
            .collect(Collectors.partitioningBy(each -> isWantedGone(each) && !isProtected(each)));
    this.removed = goes.getOrDefault(true, List.of());
    this.left = goes.getOrDefault(false, List.of());
  }

  /** All groups that count, those included that do not exist. */
  Set<String> groups() {
    return groups;
  }

  Optional<Group> group(String name) {
    return Optional.ofNullable(existing.get(name));
  }

  /** Whether a group has not read an entry, or reads it again, or has not acknowledged it. */
  boolean needs(String name, Added entry) {
    return group(name)
        .map(group -> entry.index() >= group.next() || isPending(group, entry))
        .orElse(true);
  }

  /** Whether it was given to a member of a group that has not acknowledged it. */
  boolean isPending(String name, Added entry) {
    return group(name).filter(group -> isPending(group, entry)).isPresent();
  }

  private static boolean isPending(Group group, Added entry) {
    return entry.index() >= group.begins()
        && entry.index() < group.read()
        && !group.acknowledged().contains(entry.id());
  }

  /** Whether a rule wants it gone and neither its age nor its place among the newest keeps it. */
  boolean isWantedGone(Added entry) {
    int newer = entries.size() - entry.index() - 1;
    Duration age = Duration.between(entry.at(), now);
    boolean tooMany = limits.maxLength().isPresent() && newer >= limits.maxLength().getAsLong();
    boolean tooOld = limits.maxAge().isPresent() && age.compareTo(limits.maxAge().get()) > 0;
    boolean amongTheNewest = newer < limits.minCount();
    boolean tooYoung = !limits.minAge().isZero() && age.compareTo(limits.minAge()) < 0;
    return (tooMany || tooOld) && !amongTheNewest && !tooYoung;
  }

  /** Whether a group needs it, or needs one that stands before it. */
  boolean isProtected(Added entry) {
    return limits.unread() && entry.index() >= firstNeeded;
  }

  List<Added> removed() {
    return removed;
  }

  List<Added> left() {
    return left;
  }

  /** The groups that may be named as the one that stops it; empty: none does. */
  Set<String> pinning() {
    var names = new HashSet<String>();
    if (limits.unread() && !left().isEmpty() && isWantedGone(left().getFirst())) {
      groups.stream().filter(name -> needs(name, left().getFirst())).forEach(names::add);
    }
    return names;
  }

  /** What each group loses of these entries. */
  Map<String, Long> dropped(List<Added> gone) {
    var counts = new HashMap<String, Long>();
    for (String name : groups) {
      long lost = gone.stream().filter(each -> needs(name, each)).count();
      if (lost > 0) {
        counts.put(name, lost);
      }
    }
    return counts;
  }
}
