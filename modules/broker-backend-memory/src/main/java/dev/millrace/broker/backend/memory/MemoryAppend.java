package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One append, under the lock of its stream and of the backup, where it has one. Used once, guarded
 * by those locks.
 */
final class MemoryAppend {
  private final MemoryStream stream;
  private final @Nullable MemoryStream backup;
  private final AppendGuard guard;
  private final long now;

  // Decided with the first new entry, for all of them.
  private boolean routed;
  private boolean spills;

  MemoryAppend(
      MemoryStream stream, @Nullable MemoryStream backup, AppendGuard guard, long nowMillis) {
    this.stream = stream;
    this.backup = backup;
    this.guard = guard;
    this.now = nowMillis;
  }

  List<Appended> run(List<Entry> entries) {
    List<Appended> results =
        switch (guard.dedup()) {
          case Dedup.InLine inLine -> inLine(entries, inLine);
          case Dedup.BySequence numbered
              when numbered.known() && !stream.dedup.remembers(numbered.producer()) ->
              Collections.nCopies(
                  entries.size(),
                  new Appended.Forgotten("the stream remembers nothing of the producer"));
          case Dedup.BySequence numbered when !stream.dedup.follows(numbered) ->
              behind(entries, numbered);
          default -> each(entries);
        };
    stream.wakeAll();
    if (backup != null) {
      backup.wakeAll();
    }
    return results;
  }

  private List<Appended> each(List<Entry> entries) {
    var results = new ArrayList<Appended>(entries.size());
    for (Entry entry : entries) {
      results.add(append(entry, entries.size() - results.size()));
    }
    return results;
  }

  private List<Appended> behind(List<Entry> entries, Dedup.BySequence numbered) {
    var results = new ArrayList<Appended>(entries.size());
    for (Entry entry : entries) {
      Appended known = stream.dedup.find(entry, numbered);
      results.add(known == null ? new Appended.Behind(numbered.after()) : known);
    }
    return results;
  }

  private List<Appended> inLine(List<Entry> entries, Dedup.InLine inLine) {
    Lines.Line line = stream.lines.get(inLine.line());
    boolean goesOn = !line.sealed() && line.last() >= inLine.after();
    long last = line.last();
    var results = new ArrayList<Appended>(entries.size());
    for (Entry entry : entries) {
      long number = inLine.first() + results.size();
      if (number <= last) {
        results.add(new Appended.At(Position.UNKNOWN, true));
      } else if (goesOn) {
        Appended result = append(entry, entries.size() - results.size());
        goesOn = !(result instanceof Appended.Full || result instanceof Appended.Failed);
        last = goesOn ? number : last;
        results.add(result);
      } else {
        results.add(new Appended.OutOfLine(last));
      }
    }
    if (last > 0) {
      stream.lines.reached(inLine.line(), last, inLine.remembered());
    }
    return results;
  }

  /**
   * Appends one that its number, where it has one, allows.
   *
   * @param left how many there are from this one on
   */
  private Appended append(Entry entry, int left) {
    Appended known = stream.dedup.find(entry, guard.dedup());
    if (known != null) {
      return known;
    }
    if (stream.store.footprint().isFull()) {
      return new Appended.Failed(outOfMemory());
    }
    if (!routed) {
      route(left);
    }
    if (backup != null && spills) {
      Position there = backup.add(entry, now).position;
      // It will have another place once it has gone on to the stream.
      stream.dedup.add(entry, guard.dedup(), Position.UNKNOWN);
      return new Appended.Spilled(there, false);
    }
    if (backup == null && isFull()) {
      return new Appended.Full(stream.backlog());
    }
    Position here = stream.add(entry, now).position;
    stream.dedup.add(entry, guard.dedup(), here);
    return new Appended.At(here, false);
  }

  // As Redis beyond its maxmemory; what is there is still read, moved and trimmed.
  private BackendException outOfMemory() {
    return new BackendException(
        "append",
        stream.name,
        "OOM",
        "the streams take "
            + stream.store.footprint().bytes()
            + " bytes, and maxMemory is "
            + stream.store.footprint().limit().orElseThrow(),
        "Give the store more (memory:?maxMemory=…), or trim its streams",
        null);
  }

  private void route(int entries) {
    routed = true;
    if (backup != null) {
      long limit = guard.maxBacklog().orElse(Long.MAX_VALUE);
      // One more than come in: so the backup becomes empty though nobody else drains it.
      MemoryBackups.drain(stream, backup, entries + 1L, limit, now);
      spills = !backup.log.isEmpty() || isFull();
    }
  }

  private boolean isFull() {
    OptionalLong limit = guard.maxBacklog();
    return limit.isPresent() && stream.backlog() >= limit.getAsLong();
  }
}
