package dev.millrace.broker.streams.journal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The beginning of a segment. It is written twice, one copy behind the other, each with a checksum
 * of its own: without it nothing of the segment can be read.
 *
 * @param journal the identity of the journal
 * @param sequence the place of the segment among those of the journal, from 1
 * @param marker what each record begins with
 * @param ends to which length the segments before this one count, by sequence: what lies beyond was
 *     never accepted
 * @param floor the next number of streams that are not among the others
 * @param numbers by stream, where its numbers stood when the segment began: they go on above that
 *     even when the segments that held the earlier ones are gone
 */
record SegmentHeader(
    String journal,
    long sequence,
    long marker,
    Map<Long, Long> ends,
    long floor,
    Map<String, Numbers> numbers) {
  static final long MAGIC = 0x89_4D_52_4A_4F_55_52_0AL;
  private static final int VERSION = 1;
  private static final int HEAD = 20;
  private static final int LENGTH = 12;
  private static final int CHECKSUM = 16;

  /**
   * Where the numbers of a stream stood.
   *
   * @param next the next one to give
   * @param done what is in the backend
   */
  record Numbers(long next, long done) {}

  /** Both copies. */
  byte[] bytes() {
    byte[] content = content();
    ByteBuffer both = ByteBuffer.allocate(2 * (HEAD + content.length));
    for (int copy = 0; copy < 2; copy++) {
      int at = both.position();
      both.putLong(MAGIC).putInt(VERSION).putInt(content.length).putInt(0).put(content);
      both.putInt(at + CHECKSUM, checksum(both.array(), at, content.length, copy));
    }
    return both.array();
  }

  /**
   * Reads it from the beginning of a file.
   *
   * @return empty if neither copy is whole
   * @throws NewerVersion if the file is of a later Millrace
   */
  static Optional<Found> find(byte[] file, int length) throws NewerVersion {
    ByteBuffer bytes = ByteBuffer.wrap(file, 0, length);
    for (int at = 0; at + HEAD <= length; at++) {
      if (bytes.getLong(at) == MAGIC) {
        int size = bytes.getInt(at + LENGTH);
        if (size < 0 || size > length - at - HEAD) {
          continue;
        }
        int copy = at == 0 ? 0 : 1;
        if ((copy == 0 || at == HEAD + size)
            && bytes.getInt(at + CHECKSUM) == checksum(file, at, size, copy)) {
          if (bytes.getInt(at + 8) != VERSION) {
            throw new NewerVersion();
          }
          int from = at + HEAD;
          SegmentHeader header = parse(Arrays.copyOfRange(file, from, from + size));
          return Optional.of(
              new Found(header, 2 * (HEAD + size), copy == 0 && whole(file, length, size)));
        }
      }
    }
    return Optional.empty();
  }

  /** Whether the second copy is good too. */
  private static boolean whole(byte[] file, int length, int size) {
    int at = HEAD + size;
    ByteBuffer bytes = ByteBuffer.wrap(file, 0, length);
    return length >= 2 * at
        && bytes.getLong(at) == MAGIC
        && bytes.getInt(at + LENGTH) == size
        && bytes.getInt(at + CHECKSUM) == checksum(file, at, size, 1);
  }

  /**
   * A header.
   *
   * @param end where the records behind it begin
   * @param whole whether both copies are good
   */
  record Found(SegmentHeader header, int end, boolean whole) {}

  /** The file is of a later Millrace. */
  static final class NewerVersion extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private byte[] content() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      text(out, journal);
      out.writeLong(sequence);
      out.writeLong(marker);
      out.writeLong(floor);
      out.writeInt(ends.size());
      for (var each : ends.entrySet()) {
        out.writeLong(each.getKey());
        out.writeLong(each.getValue());
      }
      out.writeInt(numbers.size());
      for (var each : numbers.entrySet()) {
        text(out, each.getKey());
        out.writeLong(each.getValue().next());
        out.writeLong(each.getValue().done());
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  private static SegmentHeader parse(byte[] content) {
    try (var in = new DataInputStream(new ByteArrayInputStream(content))) {
      String journal = text(in);
      long sequence = in.readLong();
      long marker = in.readLong();
      long floor = in.readLong();
      var ends = new HashMap<Long, Long>();
      for (int left = in.readInt(); left > 0; left--) {
        ends.put(in.readLong(), in.readLong());
      }
      var numbers = new HashMap<String, Numbers>();
      for (int left = in.readInt(); left > 0; left--) {
        numbers.put(text(in), new Numbers(in.readLong(), in.readLong()));
      }
      return new SegmentHeader(journal, sequence, marker, ends, floor, numbers);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  /** Of version, length and content, and of which copy it is. */
  private static int checksum(byte[] bytes, int at, int length, int copy) {
    var sum = new CRC32C();
    sum.update(copy);
    sum.update(bytes, at + 8, 8);
    sum.update(bytes, at + HEAD, length);
    return (int) sum.getValue();
  }
}
