package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Trimming.Facts;
import dev.millrace.broker.api.spi.Trimming.Mark;
import dev.millrace.broker.api.spi.Trimming.Need;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a stream stands for retention. Under the stream's lock. */
final class Inspection {
  private Inspection() {}

  static Facts of(MemoryStream stream, Set<String> declared) {
    EntryLog log = stream.log;
    Stored oldest = log.isEmpty() ? null : log.get(log.head());
    var needs = new ArrayList<Need>();
    for (MemoryGroup group : stream.groups()) {
      needs.add(need(group));
    }
    declared.stream()
        .sorted()
        .filter(name -> stream.group(name) == null)
        .forEach(name -> needs.add(notHeld(name, Need.Kind.ABSENT, oldest, 0)));
    return new Facts(
        stream.exists(),
        stream.store.clock().now(),
        log.length(),
        stream.added(),
        mark(oldest),
        mark(log.isEmpty() ? null : log.newest()),
        OptionalLong.of(log.bytes()),
        needs,
        stream.notes.samples());
  }

  /** Of a stream that is not there. */
  static Facts absent(Instant now, Set<String> declared) {
    List<Need> needs =
        declared.stream().sorted().map(name -> notHeld(name, Need.Kind.ABSENT, null, 0)).toList();
    return new Facts(
        false, now, 0, 0, Optional.empty(), Optional.empty(), OptionalLong.of(0), needs, List.of());
  }

  private static Need need(MemoryGroup group) {
    boolean served = !group.members.isEmpty();
    return standing(group).servedBy(served, served ? Optional.empty() : group.members.lastLeft());
  }

  private static Need standing(MemoryGroup group) {
    Held held = group.oldestPending();
    Stored unread = group.firstUnread();
    if (held == null || (unread != null && unread.ordinal < held.stored.ordinal)) {
      return notHeld(group.name, Need.Kind.UNREAD, unread, group.pendingInLog());
    }
    long idle = group.stream.store.clock().nanoTime() - held.since;
    return new Need(
        group.name,
        Need.Kind.PENDING,
        mark(held.stored),
        held.stored.entry.id(),
        Optional.ofNullable(held.owner).map(owner -> owner.consumer),
        Optional.of(Duration.ofNanos(idle)),
        group.pendingInLog());
  }

  private static Need notHeld(String group, Need.Kind kind, @Nullable Stored first, long pending) {
    return new Need(
        group,
        kind,
        mark(first),
        first == null ? Optional.empty() : first.entry.id(),
        Optional.empty(),
        Optional.empty(),
        pending);
  }

  private static Optional<Mark> mark(@Nullable Stored stored) {
    return stored == null
        ? Optional.empty()
        : Optional.of(new Mark(stored.position, Instant.ofEpochMilli(stored.id.millis())));
  }
}
