package dev.millrace.broker.streams;

import static dev.millrace.broker.streams.QueueRig.config;
import static dev.millrace.broker.streams.QueueRig.send;
import static dev.millrace.broker.streams.QueueRig.sendAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamFullException;
import dev.millrace.broker.testkit.LimitedBackend;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What producers make of a limit that was changed at run time. */
class ChangedLimitTest {
  private static final Duration LOOK = Duration.ofMillis(Backlog.LOOK_MILLIS + 50);

  @TempDir Path directory;
  private final QueueRig rig = new QueueRig();

  @AfterEach
  void close() {
    rig.close();
  }

  private static StreamConfig rejecting(boolean idempotent) {
    return config(
        b ->
            b.maxLength(100)
                .overflow(Overflow.reject())
                .sending(idempotent ? SendPolicy.defaults() : SendPolicy.plain()));
  }

  private static void refused(CompletableFuture<?> sent) {
    assertInstanceOf(
        StreamFullException.class, assertThrows(CompletionException.class, sent::join).getCause());
  }

  /** After a look, which a send begins. */
  private void look(CompletableFuture<?> sent) {
    sent.exceptionally(full -> null).join();
    rig.pass(LOOK);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLongerStreamTakesMoreWithinALookAndLessAgainWhenItIsReset(boolean idempotent) {
    var producer = rig.simple(rig.backend, rejecting(idempotent));
    sendAll(producer, 1, 100).forEach(CompletableFuture::join);
    refused(send(producer, 101));

    rig.change(Map.of("maxLength", "150"));
    rig.pass(LOOK);
    look(send(producer, 102));
    long before = rig.unsettled();
    sendAll(producer, 103, 252).forEach(sent -> sent.exceptionally(full -> null).join());
    assertTrue(before <= 101, before + " before");
    assertEquals(150, rig.unsettled());

    rig.change(Map.of());
    rig.pass(LOOK);
    look(send(producer, 300));
    rig.consume(49);
    refused(send(producer, 301));
    rig.consume(2);
    send(producer, 302).join();
  }

  @Test
  void aShorterStreamRefusesWithinALook() {
    var producer = rig.simple(rig.backend, rejecting(true));
    sendAll(producer, 1, 20).forEach(CompletableFuture::join);
    rig.change(Map.of("maxLength", "10"));
    rig.pass(LOOK);
    look(send(producer, 21));
    refused(send(producer, 22));
  }

  @Test
  void whereOnlyLooksDecideTheyTakeTheNewLimit() {
    var producer = rig.simple(LimitedBackend.rabbitMqLike(rig.backend), rejecting(true));
    sendAll(producer, 1, 20).forEach(CompletableFuture::join);
    rig.change(Map.of("maxLength", "10"));
    rig.pass(LOOK);
    look(send(producer, 21));
    refused(send(producer, 22));
  }

  @Test
  void aSettingThatCannotBeReadLeavesTheConfiguredLimit() {
    var producer = rig.simple(rig.backend, rejecting(true));
    rig.change(Map.of("maxLength", "many", "priority", "WHATEVER"));
    look(send(producer, 1));
    sendAll(producer, 2, 100).forEach(CompletableFuture::join);
    refused(send(producer, 101));
  }

  @Test
  void whatOtherSettingsSayDoesNotTouchTheLimit() {
    var producer = rig.simple(rig.backend, rejecting(true));
    rig.change(Map.of("maxLength", "10", "fromALaterVersion", "1"));
    look(send(producer, 1));
    sendAll(producer, 2, 10).forEach(CompletableFuture::join);
    refused(send(producer, 11));
  }

  @Test
  void aBackupProducerSpillsAtTheNewLimitAndItsDrainFollows() {
    var producer = rig.backup(config(b -> b.maxLength(100)), JournalConfig.none());
    sendAll(producer, 1, 20).forEach(CompletableFuture::join);
    rig.change(Map.of("maxLength", "10"));
    rig.pass(LOOK);
    look(send(producer, 21));
    sendAll(producer, 22, 40).forEach(CompletableFuture::join);
    assertTrue(rig.unsettled() <= 21, rig.unsettled() + " in the stream");
    assertTrue(!rig.stored("{orders}:backup").isEmpty());

    // Nobody sends any more: the drain itself has to see the limit.
    rig.change(Map.of("maxLength", "1000"));
    rig.until(() -> rig.stored("{orders}:backup").isEmpty());
    assertEquals(40, rig.unsettled());
    assertEquals(List.of(), rig.stored("{orders}:backup"));
  }

  @Test
  void whatComesFromTheJournalKeepsToTheNewLimit() {
    var producer = rig.backup(config(b -> b.maxLength(100)), JournalConfig.in(directory));
    // At the new limit already: one append goes to one place as a whole, also beyond the limit.
    sendAll(producer, 1, 10).forEach(CompletableFuture::join);
    rig.change(Map.of("maxLength", "10"));
    rig.pass(LOOK);
    look(send(producer, 11));
    rig.backend.refusal = QueueRig.AWAY;
    var away = sendAll(producer, 12, 60);
    rig.until(away);
    rig.backend.refusal = null;
    rig.until(() -> rig.stored().size() == 60);
    assertTrue(rig.unsettled() <= 11, rig.unsettled() + " in the stream");
    assertTrue(rig.stored("{orders}:backup").size() >= 49);
  }
}
