package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamCleanerTest {
  private final VirtualClock clock = new VirtualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final MemoryBackend backend =
      MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
  private final AtomicInteger closed = new AtomicInteger();

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void historyIsCutToItsLengthAtTheInterval() {
    append(500);
    cleaner(history().maxLength(200));
    clock.advance(Duration.ofSeconds(30));
    assertEquals(500, length());
    clock.advance(Duration.ofMinutes(1));
    assertEquals(200, length());
  }

  @Test
  void theNewestStayHoweverOldTheyAre() {
    append(500);
    cleaner(history().maxAge(Duration.ofHours(1)).minRetentionCount(50));
    clock.advance(Duration.ofHours(5));
    assertEquals(50, length());
  }

  @Test
  void whatADeclaredGroupHasNotReadStays() {
    append(500);
    cleaner(StreamConfig.builder("s").groups("billing").maxLength(1).cleanupInterval(interval()));
    clock.advance(Duration.ofHours(5));
    assertEquals(500, length());
  }

  @Test
  void aStoppedCleanerRemovesNothingAndGoesOnWhenStarted() {
    append(500);
    var cleaner = cleaner(history().maxLength(200));
    cleaner.stop(Duration.ZERO);
    clock.advance(Duration.ofHours(1));
    assertEquals(500, length());
    assertEquals(Component.State.STOPPED, cleaner.state());
    cleaner.start();
    clock.advance(Duration.ofMinutes(2));
    assertEquals(200, length());
    assertEquals(300, cleaner.info().counts().get("removed"));
  }

  @Test
  void aRestartInTheMiddleOfATrimLeavesOneTimer() {
    append(500);
    var cleaner = cleaner(history().maxLength(200));
    clock.advance(Duration.ofSeconds(66)); // the first slice is done, the next is waiting
    cleaner.stop(Duration.ZERO);
    cleaner.start();
    clock.advance(Duration.ofMinutes(5));
    assertEquals(200, length());
    assertEquals(1, clock.pendingTimers());
  }

  @Test
  void aClosedCleanerLeavesNoTimer() {
    var cleaner = cleaner(history().maxLength(200));
    cleaner.close();
    assertEquals(1, closed.get());
    assertEquals(0, clock.pendingTimers());
  }

  private static Duration interval() {
    return Duration.ofMinutes(1);
  }

  private static StreamConfig.Builder history() {
    return StreamConfig.builder("s")
        .history(true)
        .minRetentionTime(Duration.ZERO)
        .minRetentionCount(0)
        .cleanupInterval(interval());
  }

  private StreamCleaner cleaner(StreamConfig.Builder stream) {
    var cleaner =
        new StreamCleaner(
            "cleaner:s",
            stream.build(),
            backend.facet(Trimming.class).orElseThrow(),
            clock,
            new Random(1),
            closed::incrementAndGet);
    cleaner.start();
    return cleaner;
  }

  private void append(int entries) {
    List<Entry> batch =
        IntStream.range(0, entries).mapToObj(i -> Entry.of("m" + i, Fields.of("n", i))).toList();
    backend.log().append("s", batch, AppendGuard.none()).toCompletableFuture().join();
  }

  private long length() {
    return backend.log().describe("s").toCompletableFuture().join().length();
  }
}
