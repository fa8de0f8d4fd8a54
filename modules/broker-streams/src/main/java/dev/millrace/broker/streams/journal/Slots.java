package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.JournalException;
import dev.millrace.broker.api.spi.BrokerClock;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The numbered folders of a directory: each is the journal of one process. Thread-safe. */
record Slots(
    Path directory, JournalConfig config, BrokerClock clock, RandomGenerator random, Disk disk) {
  private static final Logger LOG = LoggerFactory.getLogger(Slots.class);
  private static final int MOST = 1_000;

  /** The first free one. */
  Journal open() {
    try {
      if (!Files.isDirectory(directory)) {
        Files.createDirectories(directory, RealDisk.mode(directory, "rwx------"));
      }
      Path real = directory.toRealPath();
      for (int number = 0; number < MOST; number++) {
        Path slot = real.resolve(Integer.toString(number));
        if (!Files.isDirectory(slot)) {
          Files.createDirectories(slot, RealDisk.mode(slot, "rwx------"));
          disk.syncDirectory(real);
        }
        Optional<Journal> journal = take(slot, true);
        if (journal.isPresent()) {
          return journal.get();
        }
      }
    } catch (IOException failed) {
      throw unusable(failed);
    }
    throw new JournalException(
        "open journal",
        directory.toString(),
        "all of its " + MOST + " folders are taken",
        "Let other processes use another directory (BrokerConfig.journal)",
        null);
  }

  /** Folders like the directory and beside it that hold something: journals of other servers. */
  List<Path> beside() {
    var found = new ArrayList<Path>();
    try {
      Path real = directory.toRealPath();
      try (DirectoryStream<Path> all =
          Files.newDirectoryStream(real.getParent(), "*-[0-9a-f]*[0-9a-f]")) {
        for (Path other : all) {
          if (!other.equals(real) && Files.isDirectory(other) && holdsSomething(other)) {
            found.add(other);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException unreadable) {
      LOG.warn("Could not look for journals beside {}: {}", directory, unreadable.toString());
    }
    return found;
  }

  private static boolean holdsSomething(Path other) throws IOException {
    try (DirectoryStream<Path> slots = Files.newDirectoryStream(other, "[0-9]*")) {
      for (Path slot : slots) {
        if (Files.isDirectory(slot) && !Loader.segments(slot).isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Those of dead processes with something in them. */
  List<Journal> adopt() {
    var journals = new ArrayList<Journal>();
    try {
      Path real = directory.toRealPath();
      try (DirectoryStream<Path> all = Files.newDirectoryStream(real, "[0-9]*")) {
        for (Path slot : all) {
          if (Files.isDirectory(slot)) {
            adopt(slot).ifPresent(journals::add);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException failed) {
      journals.forEach(Journal::close);
      throw unusable(failed);
    }
    return journals;
  }

  /** One that cannot be read, another user's perhaps, does not keep the others from being taken. */
  private Optional<Journal> adopt(Path slot) {
    try {
      return take(slot, false);
    } catch (IOException | RuntimeException unreadable) {
      LOG.warn("The journal in {} could not be looked at: {}", slot, unreadable.toString());
      return Optional.empty();
    }
  }

  private Optional<Journal> take(Path slot, boolean empty) throws IOException {
    Optional<SlotLock> taken = SlotLock.take(slot);
    if (taken.isEmpty()) {
      return Optional.empty();
    }
    Optional<Journal> journal = Optional.empty();
    try {
      journal = load(slot, taken.get(), empty);
    } catch (SegmentHeader.NewerVersion newer) {
      LOG.error("The journal in {} was written by a later version and is left alone", slot);
    } finally {
      if (journal.isEmpty()) {
        taken.get().close();
      }
    }
    return journal;
  }

  private Optional<Journal> load(Path slot, SlotLock taken, boolean empty) throws IOException {
    Loader.Found found = Loader.load(disk, slot);
    report(found);
    var index = new Index(found.id().isEmpty() ? name() : found.id());
    index.load(found);
    var waste = new Waste(disk, slot, index);
    for (Path file : found.unreadable()) {
      waste.setAside(file);
    }
    waste.collect();
    if (!empty && index.empty()) {
      return Optional.empty();
    }
    return Optional.of(new Journal(this, slot, taken, index, waste));
  }

  private static void report(Loader.Found found) {
    for (Damage damage : found.damages()) {
      if (found.torn(damage)) {
        LOG.warn(
            "The end of the journal is torn, as a crash leaves it; it is left out: {}", damage);
      } else {
        LOG.error("The journal is damaged; what is damaged is left out: {}", damage);
      }
    }
  }

  private String name() {
    return Long.toUnsignedString(random.nextLong(), Character.MAX_RADIX)
        + "x"
        + Long.toUnsignedString(random.nextLong(), Character.MAX_RADIX);
  }

  private JournalException unusable(Exception failed) {
    return new JournalException(
        "open journal",
        directory.toString(),
        "the directory cannot be used: " + failed,
        "Let the process write there, or choose another directory (BrokerConfig.journal)",
        failed);
  }
}
