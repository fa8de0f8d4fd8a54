package dev.millrace.broker.backend.memory;

import static dev.millrace.broker.backend.memory.Fixture.context;
import static dev.millrace.broker.backend.memory.Fixture.entry;
import static dev.millrace.broker.backend.memory.Fixture.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only the memory backend promises of backups: when lines are forgotten, and its locks. */
class BackupTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final VirtualClock clock = new VirtualClock(Instant.parse("2024-06-10T08:00:00Z"));
  private final MemoryBackend backend = MemoryBackend.open(context(clock));
  private final Backups backups = backend.facet(Backups.class).orElseThrow();

  @AfterEach
  void close() {
    backend.close();
  }

  private Appended send(long number) {
    var line = new Dedup.InLine("line", number, number - 1, MINUTE, Optional.empty());
    List<Entry> one = List.of(entry("m" + number));
    return get(backend.log().append("orders", one, AppendGuard.none().dedup(line))).getFirst();
  }

  private static boolean isDuplicate(Appended result) {
    return assertInstanceOf(Appended.At.class, result).duplicate();
  }

  @Test
  void lineIsForgottenWhenItsTimeIsOver() {
    assertFalse(isDuplicate(send(1)));
    clock.advance(MINUTE.minusMillis(1));
    assertTrue(isDuplicate(send(1)));
    clock.advance(MINUTE);
    assertEquals(new Appended.OutOfLine(0), send(2));
    assertFalse(isDuplicate(send(1)));
  }

  @Test
  void eachAppendKeepsItsLineInMind() {
    for (int number = 1; number <= 5; number++) {
      assertFalse(isDuplicate(send(number)));
      clock.advance(MINUTE.minusSeconds(1));
    }
    assertTrue(isDuplicate(send(1)));
  }

  @Test
  void sealIsForgottenWhenItsTimeIsOver() {
    send(1);
    assertEquals(1L, get(backups.seal("orders", "line", MINUTE.multipliedBy(2))));
    clock.advance(MINUTE.multipliedBy(2).minusMillis(1));
    assertEquals(new Appended.OutOfLine(1), send(2));
    clock.advance(MINUTE);
    assertEquals(0L, get(backups.seal("orders", "line", MINUTE)));
  }

  @Test
  void linesAreForgottenWithAStreamThatItsReadersMakeAgain() {
    Fixture.open(backend, "orders", "reader", new CollectingSink());
    send(1);
    get(backend.log().delete("orders"));
    assertEquals(new Appended.OutOfLine(0), send(2));
  }

  @Test
  void linesThatAreOverTakeNoMemory() {
    var lines = new Lines(clock);
    for (int i = 0; i < 100_000; i++) {
      lines.reached("line-" + i, 1, Duration.ofSeconds(1));
      clock.advance(Duration.ofMillis(100));
    }
    assertTrue(lines.size() <= 64, lines.size() + " are kept, and ten of them hold");
  }

  @Test
  void drainOfMoreThanAllowedIsRefused() {
    assertRefused(backups.drain("orders", "spare", 1_001, 10));
    assertRefused(backups.drain("orders", "spare", -1, 10));
  }

  private static void assertRefused(CompletionStage<?> stage) {
    var error = assertThrows(CompletionException.class, stage.toCompletableFuture()::join);
    assertInstanceOf(InvalidConfigException.class, error.getCause());
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void streamsThatAreBackupsOfEachOtherNeitherBlockNorLose() throws Exception {
    int each = 2_000;
    get(backend.log().declare(new StreamSpec("ping", Set.of("group"))));
    get(backend.log().declare(new StreamSpec("pong", Set.of("group"))));
    var running = new ArrayList<Future<?>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 4; i++) {
        String to = i % 2 == 0 ? "ping" : "pong";
        String spare = i % 2 == 0 ? "pong" : "ping";
        int sender = i;
        running.add(
            threads.submit(
                () -> {
                  AppendGuard guard = AppendGuard.none().backup(spare).maxBacklog(50);
                  for (int n = 0; n < each; n++) {
                    List<Entry> one = List.of(entry(sender + "-" + n));
                    get(backend.log().append(to, one, guard));
                    get(backups.drain(to, spare, 3, 50));
                  }
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    long there =
        get(backend.log().describe("ping")).length() + get(backend.log().describe("pong")).length();
    assertEquals(4L * each, there);
  }
}
