package dev.millrace.broker.streams.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a record lies in a file:
 *
 * <pre>
 * marker 8 | length 4 | checksum 4 | number 8, time 8, ordinal 4, left 4, body
 * </pre>
 *
 * The length is that of what follows the checksum. The checksum covers the segment, the place in
 * the file, the length and all that follows, so that no record is valid anywhere but where it was
 * written. The marker is a random number of the segment: what somebody puts into a message cannot
 * look like a record to a reader that searches for the next one after damage.
 *
 * <p>The ordinal counts the records of the segment, from 0; {@code left} tells how many of the same
 * append follow: those whose last one is missing at the end of a file were never accepted.
 */
final class Frame {
  static final int HEAD = 16;
  static final int FIXED = 24;
  static final int BODY = HEAD + FIXED;
  private static final int LENGTH = 8;
  private static final int CHECKSUM = 12;
  private static final int TIME = HEAD + 8;
  private static final int ORDINAL = HEAD + 16;
  private static final int LEFT = HEAD + 20;

  private Frame() {}

  /** Fills in all but the body of a whole frame. */
  static void seal(
      byte[] frame, SegmentHeader segment, long at, long number, long time, int ordinal, int left) {
    ByteBuffer.wrap(frame)
        .putLong(0, segment.marker())
        .putInt(LENGTH, frame.length - HEAD)
        .putLong(HEAD, number)
        .putLong(TIME, time)
        .putInt(ORDINAL, ordinal)
        .putInt(LEFT, left);
    int sum = checksum(frame, 0, frame.length - HEAD, segment, at);
    ByteBuffer.wrap(frame).putInt(CHECKSUM, sum);
  }

  static long marker(ByteBuffer bytes, int at) {
    return bytes.getLong(at);
  }

  static int length(ByteBuffer bytes, int at) {
    return bytes.getInt(at + LENGTH);
  }

  /** Whether the whole frame that begins at an index is the one that was written at a place. */
  static boolean valid(byte[] bytes, int index, SegmentHeader segment, long at) {
    ByteBuffer view = ByteBuffer.wrap(bytes);
    return checksum(bytes, index, length(view, index), segment, at)
        == view.getInt(index + CHECKSUM);
  }

  static long number(ByteBuffer bytes, int at) {
    return bytes.getLong(at + HEAD);
  }

  static long time(ByteBuffer bytes, int at) {
    return bytes.getLong(at + TIME);
  }

  static int ordinal(ByteBuffer bytes, int at) {
    return bytes.getInt(at + ORDINAL);
  }

  static int left(ByteBuffer bytes, int at) {
    return bytes.getInt(at + LEFT);
  }

  private static int checksum(byte[] bytes, int index, int length, SegmentHeader segment, long at) {
    var sum = new CRC32C();
    sum.update(
        ByteBuffer.allocate(28)
            .putLong(segment.marker())
            .putLong(segment.sequence())
            .putLong(at)
            .putInt(length)
            .flip());
    sum.update(bytes, index + HEAD, length);
    return (int) sum.getValue();
  }
}
