package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.TotalQueueCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many senders and several readers: what was accepted comes out, all of it and once. */
public abstract class TotalQueueContract extends BackendContract {
  private static final int SENDERS = 8;
  private static final int EACH = 250;
  private static final int READERS = 3;

  private final History history = new History();

  /** For subclasses. */
  protected TotalQueueContract() {}

  @Test
  void everythingAcceptedIsSettledOnce() throws Exception {
    declareGroup();
    for (int i = 0; i < READERS; i++) {
      settlingReader(openAnother(), 0).request(20);
    }
    sendAll();
    awaitAllHandled();
    TotalQueueCheck.of(history).assertSound(0);
  }

  @Test
  void everythingAcceptedIsSettledWhileReadersComeAndGo() throws Exception {
    declareGroup();
    settlingReader(openAnother(), 0).request(20);
    try (var background = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> comingAndGoing =
          background.submit(
              () -> {
                for (int i = 0; i < 20; i++) {
                  TestReader guest = settlingReader(backend, 0).request(30);
                  guest.await(1);
                  guest.leave();
                }
              });
      sendAll();
      // A guest that comes too late waits for an entry of its own.
      awaitAllHandled();
      for (int i = 0; !comingAndGoing.isDone(); i++) {
        send(backend, entry("extra-" + i));
        awaitAllHandled();
      }
      comingAndGoing.get();
    }
    TotalQueueCheck.of(history).assertSound(0);
  }

  @Test
  void everythingAcceptedIsSettledThoughMuchIsReleased() throws Exception {
    if (!has(Feature.RELEASE)) {
      return;
    }
    declareGroup();
    for (int i = 0; i < READERS; i++) {
      settlingReader(openAnother(), 5).request(20);
    }
    sendAll();
    awaitAllHandled();
    TotalQueueCheck.of(history).assertSound(0);
  }

  private void awaitAllHandled() {
    awaitUntil("all handled", () -> TotalQueueCheck.of(history).lost().isEmpty());
  }

  private void sendAll() throws InterruptedException, ExecutionException {
    try (var senders = Executors.newVirtualThreadPerTaskExecutor()) {
      var sending = new ArrayList<Future<?>>();
      for (int sender = 0; sender < SENDERS; sender++) {
        int number = sender;
        Backend from = sender % 2 == 0 ? backend : openAnother();
        sending.add(
            senders.submit(
                () -> {
                  for (int i = 0; i < EACH; i++) {
                    send(from, entry("s" + number + "-" + i));
                  }
                }));
      }
      for (Future<?> each : sending) {
        each.get();
      }
    }
  }

  private void send(Backend from, Entry entry) {
    String id = entry.id().orElseThrow();
    history.invoked(id);
    Appended result =
        Stages.await(from.log().append(stream, List.of(entry), AppendGuard.none())).getFirst();
    switch (result) {
      case Appended.At at -> history.acknowledged(id);
      case Appended.Spilled at -> history.acknowledged(id);
      case Appended.Unconfirmed stored -> history.acknowledged(id);
      case Appended.Ambiguous unknown -> history.unknown(id);
      case Appended.Forgotten unknown -> history.unknown(id);
      case Appended.Behind refused -> history.refused(id);
      case Appended.OutOfLine refused -> history.refused(id);
      case Appended.Full full -> history.refused(id);
      case Appended.Failed failed -> history.refused(id);
    }
  }

  /**
   * A reader that acknowledges what it gets and asks for as much again.
   *
   * @param releaseEvery gives every nth delivery back instead; 0: none
   */
  private TestReader settlingReader(Backend on, int releaseEvery) {
    var count = new AtomicInteger();
    var self = new TestReader[1];
    self[0] =
        reader()
            .on(on)
            .listener(
                batch -> {
                  for (Received each : batch) {
                    boolean release =
                        releaseEvery > 0 && count.incrementAndGet() % releaseEvery == 0;
                    Settlement settlement =
                        release
                            ? new Settlement.Release(each, Duration.ZERO)
                            : new Settlement.Ack(each);
                    // After settling, so that an entry given back counts for whoever handles it.
                    self[0]
                        .reader
                        .settle(List.of(settlement))
                        .thenAccept(
                            answers -> {
                              if (!release && answers.getFirst() == Settled.DONE) {
                                history.handled(TestReader.id(each));
                              }
                            });
                  }
                  self[0].request(batch.size());
                })
            .open();
    return self[0];
  }
}
