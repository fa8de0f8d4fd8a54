package dev.millrace.broker.streams.journal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the files that are no more needed. Keeps some of those that are damaged. */
final class Waste {
  private static final Logger LOG = LoggerFactory.getLogger(Waste.class);
  private static final String SUFFIX = ".corrupt";
  private static final int KEPT = 8;

  private final Disk disk;
  private final Path slot;
  private final Index index;

  Waste(Disk disk, Path slot, Index index) {
    this.disk = disk;
    this.slot = slot;
    this.index = index;
  }

  /**
   * Removes what is done. The last segment goes when all others are gone for good: it tells where
   * the numbers stand.
   */
  void collect() {
    remove(index.finished());
    index.lastIfEmpty().ifPresent(last -> remove(List.of(last)));
  }

  /** Removes segments. One that cannot be removed stays in the index, to be tried again. */
  void remove(List<Segment> segments) {
    for (Segment segment : segments) {
      try {
        if (segment.damaged) {
          setAside(segment.file);
        } else {
          disk.delete(segment.file);
        }
        index.remove(segment);
      } catch (IOException failed) {
        LOG.warn("{} could not be removed: {}", segment.file, failed.toString());
      }
    }
    if (!segments.isEmpty()) {
      sync();
    }
  }

  /** Takes a file out of the journal; it stays beside it unless there are many. */
  void setAside(Path file) throws IOException {
    if (kept() < KEPT) {
      Path to = file.resolveSibling(file.getFileName() + SUFFIX);
      disk.rename(file, to);
      LOG.error("{} is damaged and was kept as {}", file, to.getFileName());
    } else {
      disk.delete(file);
      LOG.error("{} is damaged and was removed: {} such files are there", file, KEPT);
    }
  }

  private int kept() throws IOException {
    int count = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(slot, "*" + SUFFIX)) {
      for (Path each : all) {
        count += Files.isRegularFile(each) ? 1 : 0;
      }
    }
    return count;
  }

  /** A removal that a crash undoes brings back what was done: that is recognised. */
  private void sync() {
    try {
      disk.syncDirectory(slot);
    } catch (IOException failed) {
      LOG.warn("The folder {} could not be synced: {}", slot, failed.toString());
    }
  }
}
