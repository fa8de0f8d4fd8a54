package dev.millrace.broker.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The processor time that this process has used since then, which does not care for what else runs
 * on the machine. By thread, and so to the nanosecond, where Linux tells it (without threads that
 * have ended meanwhile); elsewhere of the whole process, which often comes in steps of 10 ms.
 */
final class CpuTime {
  private static final Path THREADS = Path.of("/proc/self/task");
  private static final boolean BY_THREAD = Files.isReadable(Path.of("/proc/self/schedstat"));
  private static final Path WHOLE = Path.of("the process");

  private final Map<Path, Long> begun = used();

  /** In nanoseconds. */
  long nanos() {
    long sum = 0;
    for (var thread : used().entrySet()) {
      sum += thread.getValue() - begun.getOrDefault(thread.getKey(), 0L);
    }
    return sum;
  }

  private static Map<Path, Long> used() {
    if (!BY_THREAD) {
      var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
      return Map.of(WHOLE, system.getProcessCpuTime());
    }
    var used = new HashMap<Path, Long>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        try {
          String line = Files.readString(thread.resolve("schedstat"));
          used.put(thread, Long.valueOf(line.substring(0, line.indexOf(' '))));
        } catch (NoSuchFileException ended) {
          // Between the listing and the look: what it used is told to nobody.
        }
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return used;
  }
}
