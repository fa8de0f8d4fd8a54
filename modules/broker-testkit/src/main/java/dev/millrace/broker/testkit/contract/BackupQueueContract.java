package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.TotalQueueCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Several lines send to a stream that is full most of the time, and several drain its backup: what
 * was accepted comes out once, each line in its order.
 */
public abstract class BackupQueueContract extends BackendContract {
  private static final int LINES = 4;
  private static final int EACH = 200;
  private static final int LIMIT = 20;
  private static final int DRAINERS = 3;

  private final History history = new History();
  private final AtomicInteger spilled = new AtomicInteger();
  private final AtomicInteger drained = new AtomicInteger();
  private final AtomicInteger direct = new AtomicInteger();
  private String backup = "";

  /** For subclasses. */
  protected BackupQueueContract() {}

  @BeforeEach
  void needsBackups() {
    backup = Names.backup(stream);
    assumeTrue(has(Feature.BACKUP), "no backups here; that they are refused is tested elsewhere");
  }

  @Test
  void everythingComesOutOnceAndEachLineInItsOrder() throws Exception {
    declareGroup();
    var over = new AtomicBoolean();
    var draining = new ArrayList<Future<?>>();
    // Threads of the platform: on a backend that answers at once these never wait.
    try (var threads = Executors.newCachedThreadPool()) {
      try {
        List<Future<?>> sending = startSenders(threads);
        awaitUntil("some spilled", () -> spilled.get() > 0);
        TestReader reader = acknowledgingReader();
        for (int i = 0; i < DRAINERS; i++) {
          Backend on = openAnother();
          draining.add(threads.submit(() -> drain(on, over)));
        }
        for (Future<?> each : sending) {
          each.get();
        }
        awaitUntil("all handled", () -> TotalQueueCheck.of(history).lost().isEmpty());
        for (int i = 0; i < LINES; i++) {
          assertInOrder("line" + i, reader.ids());
        }
      } finally {
        over.set(true);
      }
    }
    for (Future<?> each : draining) {
      each.get();
    }
    TotalQueueCheck.of(history).assertSound(0);
    assertNothingIn(backup);
    assertTrue(direct.get() > 0, "nothing went to the stream directly");
    assertTrue(drained.get() > 0, "nobody drained anything");
  }

  private List<Future<?>> startSenders(ExecutorService threads) {
    var sending = new ArrayList<Future<?>>();
    for (int i = 0; i < LINES; i++) {
      String line = "line" + i;
      Backend from = i % 2 == 0 ? backend : openAnother();
      sending.add(threads.submit(() -> send(from, line)));
    }
    return sending;
  }

  private static void assertInOrder(String line, List<String> ids) {
    assertEquals(
        IntStream.rangeClosed(1, EACH).mapToObj(n -> line + "-" + n).toList(),
        ids.stream().filter(id -> id.startsWith(line + "-")).toList());
  }

  /** Sends shipments of one to five, every third one twice. */
  private void send(Backend from, String line) {
    int shipment = 0;
    for (int first = 1; first <= EACH; shipment++) {
      int last = Math.min(EACH, first + shipment % 5);
      send(from, line, first, last);
      if (shipment % 3 == 0) {
        for (Appended each : append(from, line, first, last)) {
          assertTrue(isDuplicate(each), each::toString);
        }
      }
      first = last + 1;
    }
  }

  private void send(Backend from, String line, int first, int last) {
    IntStream.rangeClosed(first, last).forEach(n -> history.invoked(line + "-" + n));
    List<Appended> results = append(from, line, first, last);
    for (int i = 0; i < results.size(); i++) {
      switch (results.get(i)) {
        case Appended.At at when !at.duplicate() -> direct.incrementAndGet();
        case Appended.Spilled at when !at.duplicate() -> spilled.incrementAndGet();
        default -> throw new AssertionError(line + "-" + (first + i) + ": " + results.get(i));
      }
      history.acknowledged(line + "-" + (first + i));
    }
  }

  private List<Appended> append(Backend from, String line, int first, int last) {
    var dedup = new Dedup.InLine(line, first, first - 1L, Duration.ofHours(1), Optional.empty());
    List<Entry> entries =
        IntStream.rangeClosed(first, last).mapToObj(n -> entry(line + "-" + n)).toList();
    AppendGuard guard = AppendGuard.none().dedup(dedup).maxBacklog(LIMIT).backup(backup);
    return Stages.await(from.log().append(stream, entries, guard));
  }

  private void drain(Backend on, AtomicBoolean over) {
    Backups backups = on.facet(Backups.class).orElseThrow();
    long room = AppendGuard.roomAgain(LIMIT);
    while (!over.get()) {
      Backups.Drained last = Stages.await(backups.drain(stream, backup, 7, LIMIT));
      drained.addAndGet(last.moved());
      assertTrue(last.moved() == 0 || last.backlog() <= room, last + " is above " + room);
    }
  }

  private TestReader acknowledgingReader() {
    var self = new TestReader[1];
    self[0] =
        reader()
            .listener(
                batch -> {
                  for (Received each : batch) {
                    self[0]
                        .reader
                        .settle(List.of(new Settlement.Ack(each)))
                        .thenAccept(
                            answers -> {
                              if (answers.getFirst() == Settled.DONE) {
                                history.handled(TestReader.id(each));
                              }
                            });
                  }
                  self[0].request(batch.size());
                })
            .open();
    return self[0].request(5);
  }
}
