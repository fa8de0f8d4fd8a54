package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.JournalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the next records of one stream. Not thread-safe. */
final class Records {
  private static final Logger LOG = LoggerFactory.getLogger(Records.class);

  private final Disk disk;
  private final Index index;
  private final String stream;
  private final long after;
  private final int max;
  private final long maxBytes;
  private long bytes;
  private long number;
  private long time;
  private long next;
  private @Nullable Segment segment;

  Records(Disk disk, Index index, String stream, long after, int max, long maxBytes) {
    this.disk = disk;
    this.index = index;
    this.stream = stream;
    this.after = after;
    this.max = max;
    this.maxBytes = maxBytes;
  }

  List<Stored> read() {
    // What is done may still be there.
    number = Math.max(after, index.doneUpTo(stream));
    bytes = 0;
    var found = new ArrayList<Stored>();
    for (Index.View view : index.views(stream, number)) {
      if (full(found)) {
        break;
      }
      try {
        read(view, found);
      } catch (IOException failed) {
        // Removed meanwhile: all of it was done.
        if (index.has(view.segment())) {
          throw new JournalException(
              "read journal",
              view.segment().file.toString(),
              "reading failed: " + failed.getMessage(),
              "Look at the disk",
              failed);
        }
      }
    }
    return found;
  }

  private boolean full(List<Stored> found) {
    return found.size() >= max || (bytes >= maxBytes && !found.isEmpty());
  }

  private void read(Index.View view, List<Stored> found) throws IOException {
    Segment from = view.segment();
    try (var frames = new FrameReader(disk.open(from.file), from.header, view.from(), view.end())) {
      while (!full(found)) {
        boolean more = frames.advance();
        if (more && frames.skipped() > 0) {
          damaged(from, frames.at() - frames.skipped(), frames.skipped());
        }
        if (!more) {
          if (frames.next() < view.end()) {
            damaged(from, frames.next(), view.end() - frames.next());
          }
          return;
        }
        if (frames.number() > number && frames.stream().equals(stream)) {
          number = frames.number();
          time = frames.time();
          bytes += frames.size();
          segment = from;
          next = frames.next();
          found.add(new Stored(number, frames.record()));
        }
      }
    }
  }

  private void damaged(Segment from, long offset, long length) {
    var damage = new Damage(from.file, offset, length, -1);
    if (index.damaged(from, damage)) {
      LOG.error("The journal is damaged; skipped: {}", damage);
    }
  }

  /** When the last one that was read had been written. */
  long lastTime() {
    return time;
  }

  /** Has the next reader go on where this one ended. */
  void remember() {
    if (segment != null) {
      index.read(stream, segment, number, next);
    }
  }
}
