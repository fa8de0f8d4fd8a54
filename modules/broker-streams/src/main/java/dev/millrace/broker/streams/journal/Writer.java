package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.JournalException;
import dev.millrace.broker.api.JournalFullException;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.streams.journal.Segment.Span;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to the end of the journal, in a thread of its own: what came while the disk was busy goes
 * in one write, with one sync. After an error nothing of that write counts.
 *
 * <p>A sync that failed is not asked for again: the kernel may have marked as clean what it could
 * not write, and the next sync would tell that all is well (the "fsyncgate" of PostgreSQL, 2018;
 * Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). The segment
 * gets no more records then, and what waited for the sync has failed.
 */
final class Writer {
  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
  private static final int GROUP = 4 << 20;
  private static final int CHUNK = 1 << 18;
  private static final long LARGEST_SEGMENT = 16L << 20;
  private static final int SEGMENTS = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Index index;
  private final Disk disk;
  private final Path slot;
  private final Waste waste;
  private final JournalConfig config;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Thread thread;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);

  /** Guards the queue and the flags below it. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition work = lock.newCondition();
  private final ArrayDeque<Batch> queue = new ArrayDeque<>();
  private boolean look;
  private boolean closing;

  // Only the thread's own.
  private @Nullable Segment segment;
  private Disk.@Nullable Output file;
  private boolean unsynced;
  private @Nullable Segment stranded;

  Writer(
      Index index,
      Disk disk,
      Path slot,
      Waste waste,
      JournalConfig config,
      BrokerClock clock,
      RandomGenerator random) {
    this.index = index;
    this.disk = disk;
    this.slot = slot;
    this.waste = waste;
    this.config = config;
    this.clock = clock;
    this.random = random;
    this.thread = new Thread(this::run, "millrace-journal-" + slot.getFileName());
    thread.setDaemon(true);
    thread.start();
  }

  /** Has a batch written. */
  void submit(Batch batch) {
    lock.lock();
    try {
      queue.add(batch);
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Has it look whether its segment is still needed. */
  void look() {
    lock.lock();
    try {
      look = true;
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Writes what is there and ends; false if the disk does not answer. */
  boolean close() {
    lock.lock();
    try {
      closing = true;
      work.signal();
    } finally {
      lock.unlock();
    }
    // An interrupt from before does not keep what was accepted from the disk.
    boolean interrupted = Thread.interrupted();
    try {
      thread.join(PATIENCE);
    } catch (InterruptedException asked) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  private void run() {
    for (List<Batch> group = take(); !group.isEmpty() || !over(); group = take()) {
      if (!group.isEmpty()) {
        handle(group);
      }
      retireIfEmpty();
    }
    try {
      syncIfNeeded();
    } catch (JournalException failed) {
      LOG.error("The last messages of the journal may not be on the disk", failed);
    }
    retireIfEmpty();
    closeFile();
  }

  private boolean over() {
    lock.lock();
    try {
      return closing && queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for something to do, and takes as much as goes in one write. */
  private List<Batch> take() {
    lock.lock();
    try {
      while (queue.isEmpty() && !look && !closing) {
        work.awaitUninterruptibly();
      }
      look = false;
      var group = new ArrayList<Batch>();
      long size = 0;
      boolean alone = config.sync() instanceof JournalConfig.Sync.Each;
      for (Batch next = queue.peek();
          next != null
              && (group.isEmpty()
                  || (!alone && size + next.size() <= Math.min(GROUP, segmentSize())));
          next = queue.peek()) {
        group.add(next);
        size += next.size();
        queue.remove();
      }
      return group;
    } finally {
      lock.unlock();
    }
  }

  private long segmentSize() {
    return Math.min(LARGEST_SEGMENT, config.maxBytes() / SEGMENTS);
  }

  private void handle(List<Batch> group) {
    long size = group.stream().mapToLong(Batch::size).sum();
    @Nullable BrokerException failure = null;
    try {
      if (size > 0) {
        write(group, size);
      }
      if (group.stream().anyMatch(batch -> batch.frames().isEmpty())) {
        syncIfNeeded();
      }
    } catch (BrokerException failed) {
      failure = failed;
    } catch (RuntimeException | Error failed) {
      // The thread must live on: whoever waits for it would wait for ever.
      failure = failed("append", "it could not be written: " + failed, failed);
    }
    index.queue(-size);
    for (Batch batch : group) {
      end(batch.result(), failure);
    }
  }

  private static void end(CompletableFuture<Void> result, @Nullable BrokerException failure) {
    if (failure == null) {
      result.complete(null);
    } else {
      result.completeExceptionally(failure);
    }
  }

  private void write(List<Batch> group, long size) {
    Segment current = segmentFor(group, size);
    Disk.Output out = opened();
    var spans = new HashMap<String, Span>();
    var numbers = new HashMap<String, Long>();
    long time = clock.now().toEpochMilli();
    long begin = current.length;
    long at = begin;
    int ordinal = (int) current.spans.values().stream().mapToLong(span -> span.count).sum();
    boolean forced = !(config.sync() instanceof JournalConfig.Sync.Interval);
    try {
      buffer.clear();
      for (Batch batch : group) {
        int left = batch.frames().size();
        for (int i = 0; i < batch.frames().size(); i++) {
          String stream = batch.streams().get(i);
          byte[] frame = batch.frames().get(i);
          long number = numbers.getOrDefault(stream, index.nextNumber(stream));
          numbers.put(stream, number + 1);
          Frame.seal(frame, current.header, at, number, time, ordinal++, --left);
          Segment.add(spans, stream, number, at, time);
          put(out, frame, at);
          at += frame.length;
        }
      }
      flush(out, at);
    } catch (IOException | RuntimeException | Error failed) {
      cutBack(begin);
      throw failed("append", "writing failed: " + failed.getMessage(), failed);
    }
    if (forced) {
      try {
        out.force();
      } catch (IOException failed) {
        cutBack(begin);
        leave();
        throw failed("append", "the disk did not confirm: " + failed.getMessage(), failed);
      }
    }
    index.written(current, spans, at, forced);
    if (config.sync() instanceof JournalConfig.Sync.Interval interval && !unsynced) {
      unsynced = true;
      clock.schedule(interval.interval(), this::syncSoon);
    }
  }

  private void put(Disk.Output out, byte[] frame, long at) throws IOException {
    int done = 0;
    while (done < frame.length) {
      if (!buffer.hasRemaining()) {
        flush(out, at + done);
      }
      int part = Math.min(buffer.remaining(), frame.length - done);
      buffer.put(frame, done, part);
      done += part;
    }
  }

  /** Writes the buffer so that it ends at a place. */
  private void flush(Disk.Output out, long end) throws IOException {
    buffer.flip();
    long at = end - buffer.limit();
    while (buffer.hasRemaining()) {
      at += out.write(buffer, at);
    }
    buffer.clear();
  }

  private void syncSoon() {
    submit(new Batch(List.of(), List.of(), 0, new CompletableFuture<>()));
  }

  private void syncIfNeeded() {
    syncIfStranded();
    if (unsynced && segment != null) {
      try {
        opened().force();
        index.durable(segment);
        unsynced = false;
      } catch (IOException failed) {
        LOG.error("The disk of the journal in {} did not confirm; writing it anew", slot, failed);
        leave();
        syncIfStranded();
      }
    }
  }

  /**
   * Writes records that were accepted, and that the disk has not confirmed, to a new segment. The
   * kernel still has them, or else they are damage.
   */
  private void syncIfStranded() {
    Segment from = stranded;
    if (from == null) {
      return;
    }
    var kept = new HashMap<String, Span>();
    var moved = new HashMap<String, Span>();
    try (var frames =
        new FrameReader(
            disk.open(from.file), from.header, from.header.bytes().length, from.length)) {
      Segment to = begin(index.nextHeader(random.nextLong()));
      long at = to.length;
      int ordinal = 0;
      buffer.clear();
      while (frames.advance()) {
        boolean keep = frames.next() <= from.durable;
        Segment.add(
            keep ? kept : moved,
            frames.stream(),
            frames.number(),
            keep ? frames.at() : at,
            frames.time());
        if (!keep) {
          byte[] frame = frames.frame();
          Frame.seal(
              frame, to.header, at, frames.number(), frames.time(), ordinal++, frames.left());
          put(opened(), frame, at);
          at += frame.length;
        }
      }
      flush(opened(), at);
      opened().force();
      index.moved(from, kept, to, moved, at);
      stranded = null;
    } catch (IOException failed) {
      if (segment != null) {
        Segment useless = segment;
        leave();
        waste.remove(List.of(useless));
      }
      throw failed("sync", "the disk did not confirm: " + failed.getMessage(), failed);
    }
  }

  private Disk.Output opened() {
    if (file == null) {
      throw new IllegalStateException("no segment is open");
    }
    return file;
  }

  /** The segment that takes so much more. */
  private Segment segmentFor(List<Batch> group, long size) {
    syncIfStranded();
    Segment current = segment;
    if (current != null && (current.length + size <= segmentSize() || current.spans.isEmpty())) {
      // What was asked for before did not count the headers of files that have come since.
      if (index.bytes() + size > config.maxBytes()) {
        throw full(group);
      }
      return current;
    }
    if (current != null) {
      syncIfNeeded();
      leave();
    }
    SegmentHeader header = index.nextHeader(random.nextLong());
    if (index.bytes() + header.bytes().length + size > config.maxBytes()) {
      throw full(group);
    }
    return begin(header);
  }

  /** A new segment. */
  private Segment begin(SegmentHeader header) {
    byte[] bytes = header.bytes();
    Path path = slot.resolve(Loader.name(index.id(), header.sequence()));
    try {
      Disk.Output out = disk.create(path);
      file = out;
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        out.write(rest, rest.position());
      }
      out.force();
      disk.syncDirectory(slot);
    } catch (IOException failed) {
      closeFile();
      discard(path);
      throw failed("append", "a new file could not be made: " + failed.getMessage(), failed);
    }
    Segment begun = new Segment(path, header, bytes.length);
    segment = begun;
    index.add(begun);
    return begun;
  }

  private JournalFullException full(List<Batch> group) {
    String stream =
        group.stream().flatMap(batch -> batch.streams().stream()).findFirst().orElse("");
    return Limits.bytes(stream, config.maxBytes());
  }

  private void discard(Path path) {
    try {
      disk.delete(path);
    } catch (IOException failed) {
      LOG.warn("{} could not be removed: {}", path, failed.toString());
    }
  }

  /** Takes away what was written behind a place. If that fails, the next header tells. */
  private void cutBack(long to) {
    try {
      opened().truncate(to);
    } catch (IOException failed) {
      LOG.warn("The journal in {} could not be cut back: {}", slot, failed.toString());
      leave();
    }
  }

  /** Writes no more to this segment. */
  private void leave() {
    if (unsynced) {
      stranded = segment;
      unsynced = false;
    }
    closeFile();
    segment = null;
  }

  private void closeFile() {
    Disk.Output out = file;
    file = null;
    if (out != null) {
      try {
        out.close();
      } catch (IOException failed) {
        LOG.warn("A file of the journal in {} did not close: {}", slot, failed.toString());
      }
    }
  }

  /** An empty journal has no file. */
  private void retireIfEmpty() {
    index
        .lastIfEmpty()
        .ifPresent(
            last -> {
              unsynced = false;
              stranded = null;
              leave();
              waste.remove(List.of(last));
            });
  }

  private JournalException failed(String operation, String what, Throwable cause) {
    return new JournalException(operation, slot.toString(), what, Limits.LOOK, cause);
  }
}
