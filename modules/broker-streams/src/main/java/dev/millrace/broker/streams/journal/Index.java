package dev.millrace.broker.streams.journal;

import dev.millrace.broker.streams.journal.Segment.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which records of which streams are in which segment: a few numbers for each stream and segment,
 * nothing for each record. Thread-safe; nothing here reads or writes.
 */
final class Index {
  /** More records than a segment has. */
  private static final long JUMP = 1 << 20;

  private final String id;

  /** Guards everything below, and what the segments hold. */
  private final ReentrantLock lock = new ReentrantLock();

  private final TreeMap<Long, Segment> segments = new TreeMap<>();
  private final Map<String, StreamState> streams = new HashMap<>();
  private final Set<Damage> damages = new HashSet<>();
  private long floor = 1;
  private long lastSequence;
  private long stored;
  private long queued;

  private static final class StreamState {
    long next;
    long last;
    long done;
    long oldest = Long.MAX_VALUE;
    boolean oldestKnown = true;
    long cursorSegment;
    long cursorNumber;
    long cursorAt;

    StreamState(long next) {
      this.next = next;
      this.last = next - 1;
      this.done = next - 1;
    }

    boolean empty() {
      return done >= last;
    }
  }

  /** A part of a segment to read. */
  record View(Segment segment, long from, long end) {}

  Index(String id) {
    this.id = id;
  }

  String id() {
    return id;
  }

  /** Takes over what was found. */
  void load(Loader.Found found) {
    lock.lock();
    try {
      long lost = 0;
      for (Damage each : found.damages()) {
        damages.add(each);
        lost += each.bytes();
      }
      // Records may be gone that a backend knows, damaged or cut off without a trace: their numbers
      // must not be given again.
      long jump = found.segments().isEmpty() && lost == 0 ? 0 : JUMP + lost / Frame.BODY;
      for (Segment segment : found.segments()) {
        segments.put(segment.sequence(), segment);
        stored += segment.length;
        lastSequence = segment.sequence();
        floor = Math.max(floor, segment.header.floor());
        segment
            .header
            .numbers()
            .forEach(
                (name, numbers) -> {
                  StreamState state = streams.computeIfAbsent(name, n -> new StreamState(1));
                  state.next = Math.max(state.next, numbers.next());
                  state.done = Math.max(state.done, numbers.done());
                });
        segment.spans.forEach(
            (name, span) -> {
              StreamState state = streams.computeIfAbsent(name, n -> new StreamState(1));
              state.next = Math.max(state.next, span.lastNumber + 1);
              state.last = Math.max(state.last, span.lastNumber);
              state.oldest = Math.min(state.oldest, span.firstTime);
              state.oldestKnown = false;
            });
      }
      for (StreamState state : streams.values()) {
        state.next += jump;
      }
      floor += jump;
    } finally {
      lock.unlock();
    }
  }

  /** The header of the next segment. No other one gets its sequence, whatever becomes of it. */
  SegmentHeader nextHeader(long marker) {
    lock.lock();
    try {
      var ends = new HashMap<Long, Long>();
      segments.values().forEach(segment -> ends.put(segment.sequence(), segment.length));
      var numbers = new HashMap<String, SegmentHeader.Numbers>();
      streams.forEach(
          (name, state) -> numbers.put(name, new SegmentHeader.Numbers(state.next, state.done)));
      return new SegmentHeader(id, ++lastSequence, marker, ends, floor, numbers);
    } finally {
      lock.unlock();
    }
  }

  /** A new segment, whose header is on the disk. */
  void add(Segment segment) {
    lock.lock();
    try {
      segments.put(segment.sequence(), segment);
      stored += segment.length;
    } finally {
      lock.unlock();
    }
  }

  /** A segment is gone. */
  void remove(Segment segment) {
    lock.lock();
    try {
      if (segments.remove(segment.sequence(), segment)) {
        stored -= segment.length;
      }
    } finally {
      lock.unlock();
    }
  }

  boolean has(Segment segment) {
    lock.lock();
    try {
      return segments.get(segment.sequence()) == segment;
    } finally {
      lock.unlock();
    }
  }

  long nextNumber(String stream) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      return state == null ? floor : state.next;
    } finally {
      lock.unlock();
    }
  }

  /** Records were written to the end of a segment; and are on the disk, or not yet. */
  void written(Segment segment, Map<String, Span> spans, long length, boolean durable) {
    lock.lock();
    try {
      stored += length - segment.length;
      segment.length = length;
      if (durable) {
        segment.durable = length;
      }
      spans.forEach(
          (name, span) -> {
            StreamState state = streams.computeIfAbsent(name, n -> new StreamState(floor));
            if (state.empty()) {
              state.oldest = span.firstTime;
              state.oldestKnown = true;
            }
            state.next = span.lastNumber + 1;
            state.last = span.lastNumber;
          });
      Segment.addAll(segment.spans, spans);
    } finally {
      lock.unlock();
    }
  }

  /** The later records of a segment are in another one now, up to a length of that. */
  void moved(
      Segment from, Map<String, Span> kept, Segment to, Map<String, Span> moved, long length) {
    lock.lock();
    try {
      from.spans.clear();
      from.spans.putAll(kept);
      to.spans.putAll(moved);
      stored += length - to.length;
      to.length = length;
      to.durable = length;
    } finally {
      lock.unlock();
    }
  }

  /** All of a segment is on the disk. */
  void durable(Segment segment) {
    lock.lock();
    try {
      segment.durable = segment.length;
    } finally {
      lock.unlock();
    }
  }

  /** Where records of a stream above a number can be read, oldest first. */
  List<View> views(String stream, long after) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      var views = new ArrayList<View>();
      if (state == null) {
        return views;
      }
      for (Segment segment : segments.values()) {
        Span span = segment.spans.get(stream);
        if (span != null && span.lastNumber > after && span.firstAt < segment.durable) {
          boolean here = state.cursorSegment == segment.sequence() && state.cursorNumber <= after;
          views.add(new View(segment, here ? state.cursorAt : span.firstAt, segment.durable));
        }
      }
      return views;
    } finally {
      lock.unlock();
    }
  }

  /** Whether there are records of a stream above a number, on the disk or on their way. */
  boolean goesBeyond(String stream, long after) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      return state != null && state.last > after;
    } finally {
      lock.unlock();
    }
  }

  /** Records of a stream up to a number were read; the next ones come later in the segment. */
  void read(String stream, Segment segment, long number, long next) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      if (state != null) {
        state.cursorSegment = segment.sequence();
        state.cursorNumber = number;
        state.cursorAt = next;
      }
    } finally {
      lock.unlock();
    }
  }

  /** These need no more be kept. */
  void done(String stream, long upTo) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      if (state != null && upTo > state.done) {
        state.done = Math.min(upTo, state.next - 1);
        state.oldestKnown = false;
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is kept for a stream from now on. */
  long doneUpTo(String stream) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      return state == null ? 0 : state.done;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing is kept any more, and nothing on its way. */
  boolean empty() {
    lock.lock();
    try {
      return queued == 0 && streams.values().stream().allMatch(StreamState::empty);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The segments that hold nothing that is not done. The last one stays as long as another one
   * does: it tells where the numbers stand.
   */
  List<Segment> finished() {
    lock.lock();
    try {
      var finished = new ArrayList<Segment>();
      for (Segment segment : segments.values()) {
        boolean done =
            segment.spans.entrySet().stream()
                .allMatch(span -> state(span.getKey()).done >= span.getValue().lastNumber);
        if (done && segment != segments.lastEntry().getValue()) {
          finished.add(segment);
        }
      }
      return finished;
    } finally {
      lock.unlock();
    }
  }

  private StreamState state(String stream) {
    return streams.computeIfAbsent(stream, n -> new StreamState(floor));
  }

  /** The last segment, if it is the only one and nothing in it is needed. */
  Optional<Segment> lastIfEmpty() {
    lock.lock();
    try {
      return empty() && segments.size() == 1
          ? Optional.of(segments.firstEntry().getValue())
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  Set<String> waiting() {
    lock.lock();
    try {
      var names = new HashSet<String>();
      streams.forEach(
          (name, state) -> {
            if (!state.empty()) {
              names.add(name);
            }
          });
      return names;
    } finally {
      lock.unlock();
    }
  }

  long records(String stream) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      long records = 0;
      if (state != null) {
        for (Segment segment : segments.values()) {
          Span span = segment.spans.get(stream);
          if (span != null && span.lastNumber > state.done) {
            records +=
                span.firstNumber > state.done
                    ? span.count
                    : Math.min(span.count, span.lastNumber - state.done);
          }
        }
      }
      return records;
    } finally {
      lock.unlock();
    }
  }

  /** When the oldest record of a stream was written, if that is known; or a time before that. */
  OptionalLong oldest(String stream, boolean exact) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      return state == null || state.empty() || (exact && !state.oldestKnown)
          ? OptionalLong.empty()
          : OptionalLong.of(state.oldest);
    } finally {
      lock.unlock();
    }
  }

  /** When the first record above a number was written. */
  void oldestIs(String stream, long done, long time) {
    lock.lock();
    try {
      StreamState state = streams.get(stream);
      if (state != null && state.done == done) {
        state.oldest = time;
        state.oldestKnown = true;
      }
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    lock.lock();
    try {
      return stored;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that wait to be written, after a change of so many. */
  long queue(long change) {
    lock.lock();
    try {
      queued += change;
      return queued;
    } finally {
      lock.unlock();
    }
  }

  /** Whether this damage is new. */
  boolean damaged(@Nullable Segment segment, Damage damage) {
    lock.lock();
    try {
      if (segment != null) {
        segment.damaged = true;
      }
      return damages.add(damage);
    } finally {
      lock.unlock();
    }
  }

  List<Damage> damages() {
    lock.lock();
    try {
      return List.copyOf(damages);
    } finally {
      lock.unlock();
    }
  }
}
