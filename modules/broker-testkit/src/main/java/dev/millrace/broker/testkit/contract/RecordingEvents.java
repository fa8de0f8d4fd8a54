package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps the events it is given. Thread-safe. */
final class RecordingEvents implements EventSink {
  final List<String> channels = new CopyOnWriteArrayList<>();
  final List<Entry> entries = new CopyOnWriteArrayList<>();
  final List<Instant> gaps = new CopyOnWriteArrayList<>();

  @Override
  public void event(String channel, Entry event) {
    channels.add(channel);
    entries.add(event);
  }

  @Override
  public void gap(Instant from, Instant to) {
    gaps.add(from);
  }

  List<Entry> await(int count) {
    BackendContract.awaitUntil(count + " events", () -> entries.size() >= count);
    return entries;
  }

  List<String> ids() {
    return entries.stream().map(each -> each.id().orElse("")).toList();
  }
}
