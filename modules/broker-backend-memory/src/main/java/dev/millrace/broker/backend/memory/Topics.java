package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Who listens to which channel of a store. Thread-safe; publishing takes no lock of its own. */
final class Topics {
  private final ConcurrentHashMap<String, List<Mailbox>> exact = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Listener> patterns = new CopyOnWriteArrayList<>();

  void publish(String channel, Entry event) {
    for (Mailbox mailbox : exact.getOrDefault(channel, List.of())) {
      mailbox.put(channel, event);
    }
    for (Listener listener : patterns) {
      if (listener.pattern.matches(channel)) {
        listener.mailbox.put(channel, event);
      }
    }
  }

  void add(ChannelPattern pattern, Mailbox mailbox) {
    if (!pattern.exact()) {
      patterns.add(new Listener(pattern, mailbox));
      return;
    }
    exact.compute(
        pattern.text(),
        (channel, known) -> {
          List<Mailbox> all = known == null ? new CopyOnWriteArrayList<>() : known;
          all.add(mailbox);
          return all;
        });
  }

  void remove(ChannelPattern pattern, Mailbox mailbox) {
    patterns.removeIf(listener -> listener.mailbox.equals(mailbox));
    exact.computeIfPresent(
        pattern.text(),
        (channel, known) -> {
          known.remove(mailbox);
          return known.isEmpty() ? null : known;
        });
  }

  private record Listener(ChannelPattern pattern, Mailbox mailbox) {}
}
