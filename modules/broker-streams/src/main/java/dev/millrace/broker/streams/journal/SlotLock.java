package dev.millrace.broker.streams.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** That a slot is ours. The operating system takes it back when the process dies, however. */
final class SlotLock implements AutoCloseable {
  private static final String NAME = "lock";

  /**
   * The slots of this JVM. Static, because the locks of the operating system are the process's: to
   * close any other channel on a lock file would release the lock. For the same reason the channel
   * on a file that another class loader's copy of this class has locked is kept, and never closed.
   */
  private static final Map<Path, Optional<FileChannel>> TAKEN = new ConcurrentHashMap<>();

  private final Path slot;
  private final FileChannel channel;

  private SlotLock(Path slot, FileChannel channel) {
    this.slot = slot;
    this.channel = channel;
  }

  /** Takes a slot, an existing folder by its real path; empty if somebody has it. */
  static Optional<SlotLock> take(Path slot) throws IOException {
    if (TAKEN.putIfAbsent(slot, Optional.empty()) != null) {
      return Optional.empty();
    }
    SlotLock taken = null;
    boolean keep = false;
    try {
      Path file = slot.resolve(NAME);
      var options = EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileChannel channel = FileChannel.open(file, options, RealDisk.mode(file, "rw-------"));
      try {
        FileLock lock = channel.tryLock();
        if (lock == null) {
          channel.close();
        } else {
          taken = new SlotLock(slot, channel);
        }
      } catch (OverlappingFileLockException foreign) {
        TAKEN.put(slot, Optional.of(channel));
        keep = true;
      } catch (IOException failed) {
        channel.close();
        throw failed;
      }
    } finally {
      if (taken == null && !keep) {
        TAKEN.remove(slot);
      }
    }
    return Optional.ofNullable(taken);
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      TAKEN.remove(slot);
    }
  }
}
