package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.testkit.History;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Publishes events one after the other, and writes down when and what became of each. */
final class Announcer implements AutoCloseable {
  private final Broker broker;
  private final History history;
  private final String text;
  private final long gapMicros;
  private final Queue<Sent> sent = new ConcurrentLinkedQueue<>();
  private final AtomicInteger number = new AtomicInteger();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /** An event that was accepted, and between which times. */
  record Sent(String id, Instant before, Instant after) {}

  Announcer(Broker broker, History history, int perSecond, int bytes) {
    this.broker = broker;
    this.history = history;
    this.text = "x".repeat(bytes);
    this.gapMicros = 1_000_000L / perSecond;
    this.thread = Thread.ofVirtual().name("announcer").start(this::run);
  }

  /** What was accepted so far. */
  List<Sent> sent() {
    return List.copyOf(sent);
  }

  /** Waits until what is published from now on reaches each of them. */
  void awaitHeardBy(List<Ear> ears) {
    int before = sent.size();
    Scene.await(
        "each hears what is published now",
        Scene.SOON,
        () -> {
          List<Sent> since = sent();
          return since.size() > before + 50
              && ears.stream()
                  .allMatch(
                      ear ->
                          ear.missed(since.subList(before, since.size())).size()
                              < since.size() - before - 20);
        });
  }

  private void run() {
    try {
      while (!stop.await(gapMicros, TimeUnit.MICROSECONDS)) {
        publish(text);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Publishes one more. */
  void publish(String body) {
    String id = "n-" + number.incrementAndGet();
    history.invoked(id);
    Instant before = Instant.now();
    try {
      broker.publish(Note.CHANNEL, new Note(id, body));
      history.acknowledged(id);
      sent.add(new Sent(id, before, Instant.now()));
    } catch (BrokerException unclear) {
      // Publishing is not repeated: it may have been done or not.
      history.unknown(id);
    }
  }

  /** Publishes no more by itself. */
  @Override
  public void close() {
    stop.countDown();
    try {
      if (!thread.join(Scene.SOON)) {
        thread.interrupt();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
