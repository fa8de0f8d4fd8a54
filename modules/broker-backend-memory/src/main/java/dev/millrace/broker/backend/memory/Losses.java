package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.Drop;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What each group loses when a slice goes that it still needs, oldest first; never nothing. */
record Losses(Map<String, List<Stored>> byGroup) {
  /** Of all groups that are done with what goes. */
  static final Losses NONE = new Losses(Map.of());

  /** With everything before an ordinal. A group that is declared and not there has read nothing. */
  static Losses of(MemoryStream stream, long ordinal, Set<String> declared) {
    var found = new LinkedHashMap<String, List<Stored>>();
    for (MemoryGroup group : stream.groups()) {
      found.put(group.name, group.losing(ordinal));
    }
    for (String name : declared) {
      if (stream.group(name) == null) {
        found.put(name, stream.log.before(ordinal));
      }
    }
    found.values().removeIf(List::isEmpty);
    return new Losses(found);
  }

  Map<String, Long> counts() {
    return byGroup.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, each -> (long) each.getValue().size()));
  }

  /** Counts them for the audit and lists them in the stream's ledger. */
  void note(MemoryStream stream, Instant now) {
    byGroup.forEach(
        (name, lost) -> {
          MemoryGroup group = stream.group(name);
          if (group != null && group.audit != null) {
            lost.forEach(group.audit::dropped);
          }
          stream.notes.dropped(
              new Drop(
                  now,
                  name,
                  lost.size(),
                  lost.getFirst().position.value(),
                  lost.getLast().position.value()));
        });
  }
}
