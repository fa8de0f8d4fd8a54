package dev.millrace.broker.streams.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Goes through the frames of a file, one after the other. What is no valid frame is skipped up to
 * the next one. Not thread-safe.
 */
final class FrameReader implements AutoCloseable {
  private static final int WINDOW = 1 << 18;

  private final Disk.Input file;
  private final SegmentHeader segment;
  private final long end;
  private byte[] bytes = new byte[WINDOW];
  private ByteBuffer window = ByteBuffer.wrap(bytes);
  private long base;
  private int filled;
  private long next;
  private long at;
  private int index;
  private long skipped;

  /** From a place where a frame begins, up to another. */
  FrameReader(Disk.Input file, SegmentHeader segment, long from, long end) {
    this.file = file;
    this.segment = segment;
    this.next = from;
    this.base = from;
    this.end = end;
  }

  /** Goes to the next frame; false if there is none: then all from {@link #next} on is invalid. */
  boolean advance() throws IOException {
    long from = next;
    for (long place = find(from); place >= 0; place = find(place + 1)) {
      int length = valid(place);
      if (length >= 0) {
        at = place;
        skipped = place - from;
        next = place + Frame.HEAD + length;
        return true;
      }
    }
    return false;
  }

  /** Where this frame begins. */
  long at() {
    return at;
  }

  /** How much before this frame was none. */
  long skipped() {
    return skipped;
  }

  /** Where the next frame should begin. */
  long next() {
    return next;
  }

  long number() {
    return Frame.number(window, index);
  }

  long time() {
    return Frame.time(window, index);
  }

  int ordinal() {
    return Frame.ordinal(window, index);
  }

  int left() {
    return Frame.left(window, index);
  }

  String stream() {
    return RecordCodec.stream(bytes, index + Frame.BODY);
  }

  JournalRecord record() {
    return RecordCodec.record(bytes, index + Frame.BODY);
  }

  /** A copy of all of it. */
  byte[] frame() {
    return Arrays.copyOfRange(bytes, index, index + size());
  }

  /** How long the frame is. */
  int size() {
    return (int) (next - at);
  }

  /** The length of the valid frame at a place; -1 if there is none. */
  private int valid(long place) throws IOException {
    if (!load(place, Frame.BODY)) {
      return -1;
    }
    int length = Frame.length(window, index);
    if (length < Frame.FIXED
        || length > end - place - Frame.HEAD
        || !load(place, Frame.HEAD + length)) {
      return -1;
    }
    return Frame.valid(bytes, index, segment, place) ? length : -1;
  }

  /** The next place from there on with a marker; -1 if there is none. */
  private long find(long from) throws IOException {
    long place = from;
    while (load(place, Frame.BODY)) {
      long last = base + filled - Long.BYTES;
      for (; place <= last; place++) {
        if (Frame.marker(window, (int) (place - base)) == segment.marker()) {
          return place;
        }
      }
    }
    return -1;
  }

  /** Has these bytes in the window, at {@link #index}; false if the file ends before. */
  private boolean load(long place, int length) throws IOException {
    if (place + length > end) {
      return false;
    }
    if (place < base || place + length > base + filled) {
      move(place, length);
    }
    index = (int) (place - base);
    return place + length <= base + filled;
  }

  private void move(long place, int length) throws IOException {
    int keep = place >= base && place < base + filled ? (int) (base + filled - place) : 0;
    byte[] room = length > bytes.length ? new byte[length] : bytes;
    System.arraycopy(bytes, keep == 0 ? 0 : (int) (place - base), room, 0, keep);
    bytes = room;
    window = ByteBuffer.wrap(room);
    base = place;
    filled = keep;
    int most = (int) Math.min(room.length, end - base);
    while (filled < most) {
      int read = file.read(room, filled, most - filled, base + filled);
      if (read < 0) {
        // Shorter than it was: what is missing is not valid, and not what was there before.
        Arrays.fill(room, filled, room.length, (byte) 0);
        break;
      }
      filled += read;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
