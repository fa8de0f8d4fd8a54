package dev.millrace.broker.streams.journal;

import dev.millrace.broker.streams.journal.Segment.Span;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the segments that a process has left in a slot. What is invalid is reported. An end that
 * does not count is left where it is: nothing is ever added to a segment of another process, and
 * the header of the next one tells where this one ended.
 */
final class Loader {
  private static final Logger LOG = LoggerFactory.getLogger(Loader.class);
  private static final String SUFFIX = ".log";
  private static final Pattern SEGMENT = Pattern.compile("([a-z0-9]{1,64})-([0-9a-f]{16})\\.log");
  private static final int MOST_HEADER = 8 << 20;

  private final Disk disk;
  private final Path slot;
  private final TreeMap<Long, Segment> segments = new TreeMap<>();
  private final Map<Long, Integer> begins = new HashMap<>();
  private final List<Damage> damages = new ArrayList<>();
  private final List<Path> unreadable = new ArrayList<>();
  private String id = "";
  private Optional<Damage> torn = Optional.empty();

  private Loader(Disk disk, Path slot) {
    this.disk = disk;
    this.slot = slot;
  }

  /**
   * What was found.
   *
   * @param id the journal's; empty if there is nothing
   * @param torn the end of the last segment, if it is the beginning of a record, or of several of
   *     one append: what a crash leaves. Everything else is damage
   * @param unreadable files without a header
   */
  record Found(
      String id,
      List<Segment> segments,
      List<Damage> damages,
      Optional<Damage> torn,
      List<Path> unreadable) {
    boolean torn(Damage damage) {
      return torn.isPresent() && torn.get().equals(damage);
    }
  }

  static Found load(Disk disk, Path slot) throws IOException {
    return new Loader(disk, slot).load();
  }

  /** The name of a segment file. */
  static String name(String id, long sequence) {
    return id + "-" + "%016x".formatted(sequence) + SUFFIX;
  }

  private Found load() throws IOException {
    for (Path file : files()) {
      header(file);
    }
    for (Segment segment : segments.values()) {
      scan(segment, end(segment));
    }
    return new Found(id, List.copyOf(segments.values()), damages, torn, unreadable);
  }

  /** Where a segment ended when a later one began; -1 if there is none. */
  private long end(Segment segment) {
    long end = -1;
    for (Segment later : segments.tailMap(segment.sequence(), false).values()) {
      end = later.header.ends().getOrDefault(segment.sequence(), segment.length);
    }
    return end;
  }

  private List<Path> files() throws IOException {
    return segments(slot);
  }

  /** The files of a slot that may be segments, in their order. */
  static List<Path> segments(Path slot) throws IOException {
    var files = new ArrayList<Path>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(slot, "*" + SUFFIX)) {
      all.forEach(files::add);
    }
    files.sort(null);
    return files;
  }

  private void header(Path file) throws IOException {
    var name = SEGMENT.matcher(file.getFileName().toString());
    if (!name.matches() || !(id.isEmpty() || id.equals(name.group(1)))) {
      LOG.error("{} is no file of the journal {} and left alone", file, id);
      return;
    }
    long size;
    Optional<SegmentHeader.Found> found;
    try (Disk.Input in = disk.open(file)) {
      size = in.size();
      byte[] start = new byte[(int) Math.min(size, MOST_HEADER)];
      int filled = 0;
      for (int read = 0; filled < start.length && read >= 0; filled += Math.max(0, read)) {
        read = in.read(start, filled, start.length - filled, filled);
      }
      found = SegmentHeader.find(start, filled);
    }
    long sequence = Long.parseUnsignedLong(name.group(2), 16);
    if (found.isEmpty()
        || !found.get().header().journal().equals(name.group(1))
        || found.get().header().sequence() != sequence) {
      damages.add(new Damage(file, 0, size, size == 0 ? 0 : -1));
      unreadable.add(file);
      return;
    }
    id = name.group(1);
    if (!found.get().whole()) {
      damages.add(new Damage(file, 0, found.get().end(), 0));
    }
    segments.put(sequence, new Segment(file, found.get().header(), size));
    begins.put(sequence, (int) Math.min(size, found.get().end()));
  }

  private void scan(Segment segment, long recordedEnd) throws IOException {
    long size = segment.length;
    long end = recordedEnd < 0 ? size : Math.min(recordedEnd, size);
    Map<String, Span> open = new HashMap<>();
    int begin = begins.getOrDefault(segment.sequence(), 0);
    long whole = begin;
    boolean inside = false;
    int ordinal = 0;
    int lastOfAppend = -1;
    try (var frames = new FrameReader(disk.open(segment.file), segment.header, begin, end)) {
      while (frames.advance()) {
        if (frames.skipped() > 0) {
          damages.add(
              new Damage(
                  segment.file,
                  frames.at() - frames.skipped(),
                  frames.skipped(),
                  frames.ordinal() - ordinal));
        }
        if (inside && lastOfAppend != frames.ordinal() + frames.left()) {
          // The end of that append was damaged; that something follows shows that it was whole.
          Segment.addAll(segment.spans, open);
          open.clear();
          whole = frames.at();
        }
        ordinal = frames.ordinal() + 1;
        lastOfAppend = frames.ordinal() + frames.left();
        inside = frames.left() > 0;
        Segment.add(open, frames.stream(), frames.number(), frames.at(), frames.time());
        if (!inside) {
          Segment.addAll(segment.spans, open);
          open.clear();
          whole = frames.next();
        }
      }
      if (recordedEnd < 0) {
        if (whole < size) {
          var rest = new Damage(segment.file, whole, size - whole, -1);
          damages.add(rest);
          if (torn(frames.next(), size, segment)) {
            torn = Optional.of(rest);
          }
        }
        segment.length = whole;
      } else {
        Segment.addAll(segment.spans, open);
        if (frames.next() < recordedEnd) {
          damages.add(new Damage(segment.file, frames.next(), recordedEnd - frames.next(), -1));
        }
        segment.length = end;
      }
    }
    segment.durable = segment.length;
    segment.damaged =
        damages.stream()
            .anyMatch(each -> each.file().equals(segment.file) && !torn.equals(Optional.of(each)));
  }

  /** Whether what is there is the beginning of a frame that the file is too short for. */
  private boolean torn(long from, long size, Segment segment) throws IOException {
    byte[] head = new byte[Frame.HEAD];
    if (size - from < head.length) {
      return true;
    }
    try (Disk.Input in = disk.open(segment.file)) {
      int filled = 0;
      for (int read = 0; filled < head.length && read >= 0; filled += Math.max(0, read)) {
        read = in.read(head, filled, head.length - filled, from + filled);
      }
    }
    ByteBuffer bytes = ByteBuffer.wrap(head);
    return Frame.marker(bytes, 0) == segment.header.marker()
        && Frame.length(bytes, 0) > size - from - Frame.HEAD;
  }
}
