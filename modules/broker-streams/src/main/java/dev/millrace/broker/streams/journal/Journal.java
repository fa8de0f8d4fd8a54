package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.JournalException;
import dev.millrace.broker.api.JournalFullException;
import dev.millrace.broker.api.spi.BrokerClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records of one process on the local disk, in the order in which they were handed in. Thread-safe.
 *
 * <p>What {@link #append} has confirmed comes out of {@link #next} until it is {@link #done}, also
 * after a crash of the process; and nothing else does, but what was being appended when the process
 * died. A damaged record is reported in the log and skipped.
 */
public final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final long MOST_QUEUED = 64L << 20;
  private static final int QUEUE_SHARE = 4;

  private final Slots slots;
  private final Path slot;
  private final SlotLock slotLock;
  private final JournalConfig config;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Disk disk;
  private final Index index;
  private final Waste waste;

  /** Guards the writer, which begins with the first append, and whether this is closed. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Guards the files of a journal that is open against being removed when it is not any more. */
  private final ReentrantLock removing = new ReentrantLock();

  private volatile @Nullable Writer writer;
  private volatile boolean closed;

  Journal(Slots slots, Path slot, SlotLock slotLock, Index index, Waste waste) {
    this.slots = slots;
    this.slot = slot;
    this.slotLock = slotLock;
    this.config = slots.config();
    this.clock = slots.clock();
    this.random = slots.random();
    this.disk = slots.disk();
    this.index = index;
    this.waste = waste;
  }

  /**
   * Takes the first free numbered folder of a directory; makes both if they are not there. What a
   * dead process has left in that folder is part of the journal.
   *
   * @param random names the journal; not seeded, for the name must never come twice. Thread-safe
   * @throws JournalException if the directory cannot be used
   */
  public static Journal open(
      Path directory, JournalConfig config, BrokerClock clock, RandomGenerator random) {
    return new Slots(directory, config, clock, random, new RealDisk()).open();
  }

  /**
   * The journals of dead processes in the same directory that are not empty; they are this
   * process's from now on, to be emptied and closed. To be called again from time to time.
   *
   * @throws JournalException if the directory cannot be read
   */
  public List<Journal> adopt() {
    return slots.adopt();
  }

  /** Folders beside the directory that hold something too. */
  public List<Path> beside() {
    return slots.beside();
  }

  /**
   * Names the journal, in letters and digits: random, and the same as long as something is in its
   * folder, whichever process has it.
   */
  public String id() {
    return index.id();
  }

  /**
   * Stores records, all or none. Does not wait for the disk; what hangs on the result runs in the
   * journal's own thread and must be short.
   *
   * @return ends when they are as durable as {@link JournalConfig#sync()} says; fails with a {@link
   *     JournalFullException} if a limit is reached or 64 MiB (a quarter of the limit, if that is
   *     less) wait for the disk already, with a {@link JournalException} if it cannot be written
   */
  public CompletableFuture<Void> append(List<JournalRecord> records) {
    if (records.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    var streams = new ArrayList<String>(records.size());
    var frames = new ArrayList<byte[]>(records.size());
    long size = 0;
    for (JournalRecord record : records) {
      byte[] frame = RecordCodec.frame(record);
      streams.add(record.stream());
      frames.add(frame);
      size += frame.length;
    }
    var batch = new Batch(streams, frames, size, new CompletableFuture<>());
    try {
      checkAge(streams.getFirst());
      submit(batch);
    } catch (JournalException | JournalFullException refused) {
      batch.result().completeExceptionally(refused);
    }
    return batch.result();
  }

  private void submit(Batch batch) {
    lock.lock();
    try {
      checkOpen();
      String stream = batch.streams().isEmpty() ? "" : batch.streams().getFirst();
      long queued = index.queue(batch.size());
      boolean full = index.bytes() + queued > config.maxBytes();
      long mostQueued = Math.min(MOST_QUEUED, config.maxBytes() / QUEUE_SHARE);
      if (batch.size() > 0 && (full || (queued > mostQueued && queued > batch.size()))) {
        index.queue(-batch.size());
        throw full
            ? Limits.bytes(stream, config.maxBytes())
            : Limits.queue(stream, queued - batch.size());
      }
      Writer running = writer;
      if (running == null) {
        running = new Writer(index, disk, slot, waste, config, clock, random);
        writer = running;
      }
      running.submit(batch);
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new JournalException(
          "use journal", slot.toString(), "the journal is closed", "Open another one", null);
    }
  }

  private void checkAge(String stream) {
    long limit = clock.now().minus(config.maxAge()).toEpochMilli();
    for (String waiting : index.before(limit)) {
      // What is known for sure is read from the disk: only if it matters.
      if (oldest(waiting).orElse(limit) < limit) {
        throw Limits.age(stream, config.maxAge());
      }
    }
  }

  /** When the oldest record of a stream was written. */
  private OptionalLong oldest(String stream) {
    OptionalLong known = index.oldest(stream, true);
    if (known.isPresent() || index.oldest(stream, false).isEmpty()) {
      return known;
    }
    long done = index.doneUpTo(stream);
    var reader = new Records(disk, index, stream, done, 1, 1);
    if (reader.read().isEmpty()) {
      return index.oldest(stream, false);
    }
    index.oldestIs(stream, done, reader.lastTime());
    return OptionalLong.of(reader.lastTime());
  }

  /**
   * The oldest records of a stream above a number, in order. Reads from the disk.
   *
   * @param maxBytes no further one once they have so many bytes
   * @return empty: there is none
   * @throws JournalException if the disk cannot be read, or does not take what was appended last;
   *     or if this is closed
   */
  public List<Stored> next(String stream, long after, int max, long maxBytes) {
    checkOpen();
    var reader = new Records(disk, index, stream, after, max, maxBytes);
    List<Stored> found = reader.read();
    long last = index.last(stream);
    if (found.isEmpty() && last > Math.max(after, index.doneUpTo(stream))) {
      // With a sync every so often there may be some that are not on the disk: whoever got those
      // could know numbers that a crash of the machine makes the journal forget.
      sync();
      found = reader.read();
      if (found.isEmpty()) {
        LOG.error(
            "Messages of {} in the journal {} are lost to damage, up to {}", stream, slot, last);
        done(stream, last);
      }
    }
    if (!found.isEmpty()) {
      reader.remember();
    }
    return found;
  }

  /**
   * Records up to a number are elsewhere and need not be kept: files that hold nothing else are
   * removed. A crash may forget that.
   */
  public void done(String stream, long upTo) {
    index.done(stream, upTo);
    removing.lock();
    try {
      if (closed) {
        return;
      }
      Writer running = writer;
      if (running == null) {
        waste.collect();
      } else {
        // The last file is the writer's.
        waste.remove(index.finished());
        running.look();
      }
    } finally {
      removing.unlock();
    }
  }

  /** The streams of which something is there. */
  public Set<String> streams() {
    return index.waiting();
  }

  /**
   * How much of a stream is there. May read from the disk.
   *
   * @throws JournalException if that fails
   */
  public Depth depth(String stream) {
    OptionalLong oldest = oldest(stream);
    return new Depth(
        index.records(stream),
        oldest.isEmpty()
            ? Optional.empty()
            : Optional.of(
                Duration.ofMillis(Math.max(0, clock.now().toEpochMilli() - oldest.getAsLong()))));
  }

  /** How much of the disk it takes. */
  public long bytes() {
    return index.bytes();
  }

  /** What was found to be damaged. */
  List<Damage> damages() {
    return index.damages();
  }

  /**
   * Returns when all that was appended before is on the disk.
   *
   * @throws JournalException if it cannot be written
   */
  public void sync() {
    var batch = new Batch(List.of(), List.of(), 0, new CompletableFuture<>());
    submit(batch);
    try {
      batch.result().join();
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof JournalException known
          ? known
          : new JournalException("sync", slot.toString(), "it failed", Limits.LOOK, failed);
    }
  }

  /**
   * Writes what was appended, syncs and gives the folder free; waits for the disk for 30 s at most.
   * Idempotent.
   */
  @Override
  public void close() {
    Writer last;
    removing.lock();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      last = writer;
    } finally {
      lock.unlock();
      removing.unlock();
    }
    if (last != null && !last.close()) {
      // Somebody else would write to the same files.
      LOG.error("The disk of the journal in {} does not answer; it stays locked", slot);
      return;
    }
    try {
      slotLock.close();
    } catch (IOException failed) {
      LOG.warn("The lock of the journal in {} was not closed: {}", slot, failed.toString());
    }
  }
}
