package dev.millrace.broker.streams;

import static dev.millrace.broker.streams.LossyBackend.Fault.ANSWER_LOST;
import static dev.millrace.broker.streams.LossyBackend.Fault.REQUEST_LOST;
import static dev.millrace.broker.streams.LossyBackend.Fault.SILENT;
import static dev.millrace.broker.streams.QueueRig.AWAY;
import static dev.millrace.broker.streams.QueueRig.config;
import static dev.millrace.broker.streams.QueueRig.count;
import static dev.millrace.broker.streams.QueueRig.numbers;
import static dev.millrace.broker.streams.QueueRig.refusal;
import static dev.millrace.broker.streams.QueueRig.send;
import static dev.millrace.broker.streams.QueueRig.sendAll;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BackupProducer;
import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.JournalFullException;
import dev.millrace.broker.api.Route;
import dev.millrace.broker.api.RouteSwitch;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupProducerTest {
  @TempDir Path directory;

  private final QueueRig rig = new QueueRig();

  @AfterEach
  void close() {
    rig.close();
  }

  private BackupProducer limited() {
    return rig.backup(config(b -> b.maxLength(100)), JournalConfig.none());
  }

  private BackupProducer journaled() {
    return rig.backup(config(b -> b), JournalConfig.in(directory));
  }

  private static void join(List<CompletableFuture<SendResult>> sent) {
    sent.forEach(CompletableFuture::join);
  }

  private static <E> E failure(Class<E> type, CompletableFuture<?> sent) {
    return assertInstanceOf(type, assertThrows(CompletionException.class, sent::join).getCause());
  }

  private static void assertAll(Class<?> type, List<CompletableFuture<SendResult>> sent) {
    sent.forEach(each -> assertInstanceOf(type, each.join()));
  }

  @Test
  void whatDoesNotFitGoesToTheBackupAndFromThereToTheStream() {
    var producer = limited();
    assertAll(SendResult.Accepted.class, sendAll(producer, 1, 100));
    assertEquals(Route.PRIMARY, producer.status().route());
    assertAll(SendResult.SpilledToBackup.class, sendAll(producer, 101, 150));
    assertEquals(Route.BACKUP, producer.status().route());
    assertEquals(ComponentHealth.Level.YELLOW, producer.info().health().level());
    assertEquals(50, count(producer, "spilled to backup"));
    rig.until(() -> producer.status().backup().messages() == 50);
    rig.consume(100);
    rig.until(() -> rig.stored("{orders}:backup").isEmpty());
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertAll(SendResult.Accepted.class, sendAll(producer, 151, 152));
    assertEquals(numbers(1, 152), rig.stored());
    assertEquals(ComponentHealth.Level.GREEN, producer.info().health().level());
  }

  @Test
  void nothingPassesWhatIsInTheBackup() {
    var producer = limited();
    var all = new ArrayList<CompletableFuture<SendResult>>();
    for (int i = 0; i < 30; i++) {
      all.addAll(sendAll(producer, i * 20 + 1, i * 20 + 20));
      if (i % 3 == 2) {
        rig.consume(30);
        rig.pass(Duration.ofMillis(100));
      }
    }
    join(all);
    rig.consumeAll(600);
    assertEquals(numbers(1, 600), rig.stored("orders"));
  }

  @Test
  void lostAnswersAreRepeatedAndEachIsStoredOnce() {
    var producer = limited();
    rig.backend.next(ANSWER_LOST, REQUEST_LOST, ANSWER_LOST);
    var all = sendAll(producer, 1, 300);
    rig.until(all);
    join(all);
    assertEquals(numbers(1, 300), rig.stored());
  }

  @Test
  void sixtyFourThreadsSpillNothingOnAHealthyStream() throws Exception {
    var producer = rig.backup(config(b -> b), JournalConfig.in(directory));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<Future<?>>();
      for (int t = 0; t < 64; t++) {
        done.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    assertInstanceOf(SendResult.Accepted.class, producer.send(Fields.of("n", i)));
                  }
                }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    }
    assertEquals(6_400, rig.stored("orders").size());
    assertEquals(0, count(producer, "spilled to backup"));
    assertEquals(0, count(producer, "spilled to journal"));
    assertEquals(0, count(producer, "switches"));
  }

  @Test
  void whenTheBackendIsAwayMessagesGoToTheJournalAndBackInOrder() {
    var switches = new CopyOnWriteArrayList<RouteSwitch>();
    var producer = journaled().onSwitch(switches::add);
    join(sendAll(producer, 1, 10));
    rig.backend.refusal = AWAY;
    var away = sendAll(producer, 11, 500);
    rig.until(away);
    assertAll(SendResult.SpilledToJournal.class, away);
    assertEquals(Route.JOURNAL, producer.status().route());
    rig.until(() -> producer.status().journal().messages() == 490);
    assertTrue(producer.status().journalBytes() > 0);
    rig.backend.refusal = null;
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertInstanceOf(SendResult.Accepted.class, send(producer, 501).join());
    assertEquals(numbers(1, 501), rig.stored());
    assertEquals(0, count(producer, "journal depth"));
    await().until(() -> switches.size() == 2);
    assertEquals(
        List.of(Route.JOURNAL, Route.PRIMARY), switches.stream().map(RouteSwitch::to).toList());
    assertTrue(switches.getFirst().reason().contains("nobody is there"));
  }

  @Test
  void refusalsOfEverythingGoToTheJournal() {
    for (String code : List.of("OOM", "READONLY", "MISCONF", "NOREPLICAS")) {
      var producer = rig.backup(config(b -> b), JournalConfig.in(directory.resolve(code)));
      rig.backend.refusal = refusal(code);
      var sent = sendAll(producer, 1, 3);
      rig.until(sent);
      assertAll(SendResult.SpilledToJournal.class, sent);
      rig.backend.refusal = null;
      rig.until(() -> producer.status().route() == Route.PRIMARY);
    }
    assertEquals(12, rig.stored().size());
  }

  @Test
  void whatIsMisconfiguredIsToldToTheSender() {
    var producer = journaled();
    for (String code : List.of("WRONGTYPE", "NOPERM", "NOAUTH")) {
      rig.backend.refusal = refusal(code);
      assertEquals(code, failure(BackendException.class, send(producer, 1)).code());
    }
    rig.backend.refusal = null;
    assertInstanceOf(SendResult.Accepted.class, send(producer, 2).join());
    assertEquals(List.of("2"), rig.stored());
    assertEquals(0, producer.status().journalBytes());
  }

  @Test
  void silenceEndsInTheJournalAndWhatWasCarriedOutIsNotRepeated() {
    var producer = journaled();
    join(sendAll(producer, 1, 5));
    rig.backend.next(SILENT);
    var silent = sendAll(producer, 6, 8);
    rig.pass(Duration.ofMillis(900));
    assertFalse(silent.getFirst().isDone());
    // It was carried out, and the answer never comes.
    rig.backend.inSockets.remove().run();
    rig.until(silent);
    assertAll(SendResult.SpilledToJournal.class, silent);
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    join(sendAll(producer, 9, 10));
    assertEquals(numbers(1, 10), rig.stored());
  }

  @Test
  void whatWasCarriedOutBeforeADayWithoutTheBackendIsNotRepeated() {
    var producer = journaled();
    join(sendAll(producer, 1, 5));
    rig.backend.next(SILENT);
    var silent = sendAll(producer, 6, 8);
    rig.pass(Duration.ofMillis(900));
    rig.backend.inSockets.remove().run();
    rig.backend.refusal = AWAY;
    rig.until(silent);
    assertAll(SendResult.SpilledToJournal.class, silent);
    rig.clock.advance(Duration.ofDays(1));
    rig.backend.refusal = null;
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertEquals(numbers(1, 8), rig.stored());
  }

  @Test
  void nothingOvertakesAnAppendThatGetsNoAnswer() {
    var producer = journaled();
    join(sendAll(producer, 1, 5));
    rig.backend.next(SILENT);
    var all = sendAll(producer, 6, 300);
    rig.until(all);
    assertAll(SendResult.SpilledToJournal.class, all);
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertEquals(numbers(1, 300), rig.stored());
  }

  @Test
  void whatArrivesAfterItsLineWasSealedIsNotStoredTwice() {
    var producer = journaled();
    join(sendAll(producer, 1, 5));
    rig.backend.next(SILENT, SILENT, SILENT, SILENT);
    var silent = sendAll(producer, 6, 600);
    rig.until(silent);
    assertAll(SendResult.SpilledToJournal.class, silent);
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertEquals(numbers(1, 600), rig.stored());
    rig.backend.inSockets.forEach(Runnable::run);
    join(sendAll(producer, 601, 602));
    assertEquals(numbers(1, 602), rig.stored());
  }

  @Test
  void answersThatGetLostForLongEndInTheJournal() {
    var producer = journaled();
    for (int i = 0; i < 8; i++) {
      rig.backend.next(ANSWER_LOST, REQUEST_LOST);
    }
    var sent = sendAll(producer, 1, 700);
    rig.until(sent);
    join(sent);
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertEquals(numbers(1, 700), rig.stored());
  }

  @Test
  void throughAllThreePlacesTheOrderStays() {
    var producer = rig.backup(config(b -> b.maxLength(100)), JournalConfig.in(directory));
    var all = new ArrayList<CompletableFuture<SendResult>>(sendAll(producer, 1, 150));
    join(all);
    rig.backend.refusal = AWAY;
    var away = sendAll(producer, 151, 400);
    rig.until(away);
    assertAll(SendResult.SpilledToJournal.class, away);
    rig.backend.refusal = null;
    rig.until(() -> producer.status().route() != Route.JOURNAL);
    join(sendAll(producer, 401, 410));
    assertEquals(Route.BACKUP, producer.status().route());
    assertEquals(numbers(1, 410), rig.stored());
    rig.consumeAll(410);
    assertEquals(numbers(1, 410), rig.stored("orders"));
  }

  @Test
  void underAFloodTheJournalBecomesEmptyAllTheSame() {
    var producer = journaled();
    rig.backend.refusal = AWAY;
    var all = new ArrayList<CompletableFuture<SendResult>>(sendAll(producer, 1, 5_000));
    rig.until(all);
    // Slower than the replay, and never long enough away for it to find nothing.
    rig.backend.answering = CompletableFuture.delayedExecutor(10, TimeUnit.MILLISECONDS);
    rig.backend.refusal = null;
    var sent = new AtomicInteger(5_000);
    rig.until(
        () -> {
          if (sent.get() < 30_000) {
            all.addAll(sendAll(producer, sent.get() + 1, sent.get() + 20));
            sent.addAndGet(20);
          }
          return producer.status().route() == Route.PRIMARY;
        });
    assertTrue(sent.get() < 30_000, "it became empty only when the flood was over");
    rig.until(all);
    join(all);
    assertEquals(numbers(1, sent.get()), rig.stored());
  }

  @Test
  void aNewProcessBeginsBehindWhatItsPredecessorLeft() {
    var context = rig.process(rig.backend);
    var queues = rig.process(JournalConfig.in(directory), context);
    var first = rig.backup(config(b -> b), context, queues);
    rig.backend.refusal = AWAY;
    var sent = sendAll(first, 1, 300);
    rig.until(sent);
    first.close();
    var report = queues.close();
    assertTrue(report.failures().getFirst().contains("300 messages"), report.toString());
    var second = journaled();
    var behind = sendAll(second, 301, 305);
    rig.until(behind);
    assertAll(SendResult.SpilledToJournal.class, behind);
    rig.backend.refusal = null;
    rig.until(() -> second.status().route() == Route.PRIMARY);
    assertEquals(numbers(1, 305), rig.stored());
  }

  @Test
  void stoppingPutsWhatHasNoAnswerIntoTheJournal() {
    var producer = journaled();
    rig.backend.next(SILENT);
    var sent = sendAll(producer, 1, 3);
    assertEquals(List.of(), producer.stop(Duration.ZERO).failures());
    assertAll(SendResult.SpilledToJournal.class, sent);
  }

  @Test
  void aFullJournalRefusesAndSaysSo() {
    var producer = rig.backup(config(b -> b), JournalConfig.in(directory).withMaxBytes(1L << 20));
    rig.backend.refusal = AWAY;
    var fill = new ArrayList<CompletableFuture<SendResult>>();
    for (int i = 0; i < 30; i++) {
      fill.add(producer.sendAsync(Fields.of("n", "x".repeat(50_000))));
      rig.until(fill);
    }
    failure(JournalFullException.class, fill.getLast());
    assertEquals(ComponentHealth.Level.RED, producer.info().health().level());
    long stored = fill.stream().filter(each -> !each.isCompletedExceptionally()).count();
    rig.backend.refusal = null;
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    send(producer, 1).join();
    assertEquals(stored + 1, rig.stored().size());
    assertEquals(ComponentHealth.Level.GREEN, producer.info().health().level());
  }

  @Test
  void theRouteDoesNotChangeWithEachMessageThatTheJournalRefusesToo() {
    var producer = rig.backup(config(b -> b), JournalConfig.in(directory).withMaxBytes(1L << 20));
    rig.backend.refusal = AWAY;
    for (int i = 0; i < 5; i++) {
      var refused = producer.sendAsync(Fields.of("n", "x".repeat((1 << 20) - 100)));
      rig.until(List.of(refused));
      failure(JournalFullException.class, refused);
    }
    assertEquals(1, count(producer, "switches"));
    rig.backend.refusal = null;
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertInstanceOf(SendResult.Accepted.class, send(producer, 1).join());
  }

  @Test
  void aJournalThatRefusesDoesNotKeepASteadySenderFromTheBackend() {
    var producer = rig.backup(config(b -> b), JournalConfig.in(directory).withMaxBytes(1L << 20));
    var large = Fields.of("n", "x".repeat((1 << 20) - 100));
    rig.backend.refusal = AWAY;
    var refused = producer.sendAsync(large);
    rig.until(List.of(refused));
    failure(JournalFullException.class, refused);
    rig.backend.refusal = null;
    CompletableFuture<SendResult> last = refused;
    for (int i = 0; i < 10; i++) {
      last = producer.sendAsync(large);
      rig.until(List.of(last));
      rig.pass(Duration.ofMillis(200));
    }
    assertInstanceOf(SendResult.Accepted.class, last.join());
  }

  @Test
  void whoIsClosedWhileTheJournalIsNotEmptyLeavesNoTimerBehind() {
    int before = rig.clock.pendingTimers();
    var producer = journaled();
    rig.backend.refusal = AWAY;
    var sent = sendAll(producer, 1, 10);
    rig.until(sent);
    assertAll(SendResult.SpilledToJournal.class, sent);
    producer.close();
    rig.closeLast();
    rig.until(() -> rig.clock.pendingTimers() <= before);
  }

  @Test
  void whoStartsAgainGoesOnBehindTheJournal() {
    var producer = journaled();
    rig.backend.refusal = AWAY;
    var sent = new ArrayList<>(sendAll(producer, 1, 10));
    rig.until(sent);
    producer.stop(Duration.ofSeconds(1));
    rig.pass(Duration.ofSeconds(2));
    rig.backend.refusal = null;
    producer.start();
    sent.addAll(sendAll(producer, 11, 20));
    rig.until(sent);
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    assertEquals(numbers(1, 20), rig.stored());
  }

  @Test
  void withoutAJournalASendEndsAsThatOfASimpleProducer() {
    var policy = SendPolicy.defaults().withDeadline(Duration.ofSeconds(3));
    var producer = rig.backup(config(b -> b.sending(policy)), JournalConfig.none());
    rig.backend.refusal = AWAY;
    failure(BackendUnavailableException.class, send(producer, 1));
    rig.backend.refusal = null;
    rig.backend.always(ANSWER_LOST);
    var sent = send(producer, 2);
    rig.pass(Duration.ofSeconds(5));
    failure(AmbiguousSendException.class, sent);
    assertEquals(List.of("2"), rig.stored());
  }

  @Test
  void anIdOfTheCallersIsStoredOnceAlsoThroughTheJournal() {
    var producer = journaled();
    var options = SendOptions.none().id("order-7");
    producer.send(Fields.of("n", 1), options);
    rig.backend.refusal = AWAY;
    var again = producer.sendAsync(Fields.of("n", 2), options);
    var other = send(producer, 3);
    rig.until(List.of(again, other));
    rig.backend.refusal = null;
    rig.until(() -> producer.status().route() == Route.PRIMARY);
    producer.send(Fields.of("n", 4), options);
    assertEquals(List.of("1", "3"), rig.stored());
  }

  @Test
  void aRecordThatIsRefusedForEverIsToldAndHoldsUpNoOtherStream() {
    var context = rig.process(rig.backend);
    var queues = rig.process(JournalConfig.in(directory), context);
    var orders = rig.backup(config(b -> b), context, queues);
    var others = rig.backup(StreamConfig.builder("others").groups("g").build(), context, queues);
    rig.backend.refusal = AWAY;
    var sent = List.of(send(orders, 1), send(others, 1));
    rig.until(sent);
    rig.backend.refusedStream = "orders";
    rig.backend.refusal = refusal("WRONGTYPE");
    rig.until(() -> others.status().route() == Route.PRIMARY);
    rig.until(() -> orders.info().health().level() == ComponentHealth.Level.RED);
    rig.backend.refusal = null;
    rig.until(() -> orders.status().route() == Route.PRIMARY);
    assertEquals(List.of("1"), rig.stored());
    assertEquals(List.of("1"), rig.stored("others"));
  }

  @Test
  void ofTwoProcessesOneDrains() {
    var first = limited();
    var second = limited();
    join(sendAll(first, 1, 100));
    join(sendAll(first, 101, 200));
    rig.consume(100);
    rig.until(() -> rig.stored("{orders}:backup").size() <= 10);
    rig.pass(Duration.ofSeconds(1));
    assertEquals(
        90, Math.max(count(first, "drained"), count(second, "drained")), "moved by one of them");
    assertEquals(0, Math.min(count(first, "drained"), count(second, "drained")));
    assertEquals(10, first.status().backup().messages());
    // It sends nothing, and looks seldom.
    rig.pass(Duration.ofSeconds(30));
    assertEquals(10, second.status().backup().messages());
  }

  @Test
  void whatADeadProcessLeftIsTakenOver() {
    var context = rig.process(rig.backend);
    var queues = rig.process(JournalConfig.in(directory), context);
    var alive = rig.backup(config(b -> b), context, queues);
    var dead = journaled();
    rig.backend.refusal = AWAY;
    var sent = sendAll(dead, 1, 5);
    rig.until(sent);
    dead.close();
    rig.closeLast();
    rig.backend.refusal = null;
    rig.until(() -> rig.stored().size() == 5);
    assertEquals(numbers(1, 5), rig.stored());
    assertEquals(Route.PRIMARY, alive.status().route());
  }
}
