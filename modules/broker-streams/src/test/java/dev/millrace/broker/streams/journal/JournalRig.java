package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;

/** Journals in one directory, under a virtual clock. */
final class JournalRig {
  static final String STREAM = "orders";

  final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  final Path directory;
  Disk disk = new RealDisk();

  JournalRig(Path directory) {
    this.directory = directory;
  }

  JournalConfig config() {
    return JournalConfig.in(directory);
  }

  Journal open() {
    return open(config());
  }

  Journal open(JournalConfig config) {
    return new Slots(directory, config, clock, new SplittableRandom(), disk).open();
  }

  static JournalRecord record(String stream, String text) {
    return new JournalRecord(
        stream, Optional.empty(), Optional.empty(), Entry.of("id-" + text, Fields.of("t", text)));
  }

  /** A record with something in all of its parts. */
  static JournalRecord full(String stream, String text, int size) {
    return new JournalRecord(
        stream,
        Optional.of(new Sent("line7", 1L << 40)),
        Optional.of(Duration.ofSeconds(90, 5)),
        new Entry(
            "id-" + text,
            "Type",
            "klé",
            Map.of("h", "v"),
            Fields.of("t", text, "payload", new byte[size])));
  }

  static void append(Journal journal, String stream, String... texts) {
    append(journal, List.of(texts).stream().map(text -> record(stream, text)).toList());
  }

  /** Waits, and throws what it failed with. */
  static void append(Journal journal, List<JournalRecord> records) {
    try {
      journal.append(records).join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw failed;
    }
  }

  static void appendMany(Journal journal, String stream, int from, int to) {
    append(
        journal,
        IntStream.rangeClosed(from, to)
            .mapToObj(i -> record(stream, Integer.toString(i)))
            .toList());
  }

  static List<Stored> all(Journal journal, String stream) {
    return journal.next(stream, 0, Integer.MAX_VALUE, Long.MAX_VALUE);
  }

  static List<String> texts(Journal journal, String stream) {
    return all(journal, stream).stream().map(JournalRig::text).toList();
  }

  static String text(Stored stored) {
    return stored.record().entry().fields().text("t");
  }

  static List<Long> numbers(Journal journal, String stream) {
    return all(journal, stream).stream().map(Stored::number).toList();
  }

  /** The segment files of a slot, in order. */
  static List<Path> segments(Path slot) {
    var files = new ArrayList<Path>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(slot, "*.log")) {
      all.forEach(files::add);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    files.sort(null);
    return files;
  }
}
