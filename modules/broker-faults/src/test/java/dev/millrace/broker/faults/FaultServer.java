package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Component;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A server of requests in a process of its own; it tells each step of a handler. */
final class FaultServer {
  /** The type of its requests. */
  static final String TYPE = "ASK";

  private FaultServer() {}

  /**
   * What is asked.
   *
   * @param id tells it from others
   * @param millis how long its handler takes after the effect
   */
  record Ask(String id, long millis) {}

  public static void main(String[] args) {
    Options with = Options.of(args);
    try (Broker broker =
        Broker.connect(
            with.text("url"),
            b ->
                b.appName("faults").stream(FaultWorker.STREAM)
                    .maxRequests(with.number("slots", 8))
                    .lease(with.millis("lease", 1_000))
                    .shutdownDeadline(with.millis("deadline", 5_000)))) {
      broker.onRequest(TYPE, Ask.class, FaultServer::handle);
      broker.start();
      if (with.find("counts").isPresent()) {
        Thread.ofVirtual().start(() -> tellWhatIsRefused(broker));
      }
      tell("ready");
      broker.run();
    }
    tell("drained");
  }

  /** Answers that were not taken, when there are more: {@code unanswered 1}. */
  private static void tellWhatIsRefused(Broker broker) {
    long told = 0;
    while (true) {
      Component server = broker.streams().find("broker:server").orElseThrow();
      long now = server.info().counts().get("unanswered");
      if (now > told) {
        told = now;
        tell("unanswered " + now);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  static String handle(Ask ask) throws InterruptedException {
    tell("effect " + ask.id());
    try {
      pass(ask.millis());
    } catch (InterruptedException cut) {
      tell("cut " + ask.id());
      throw cut;
    }
    tell("end " + ask.id());
    return "done " + ask.id();
  }

  /** Work that takes its time and can be interrupted. */
  static void pass(long millis) throws InterruptedException {
    if (new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("nobody opens it");
    }
  }

  private static void tell(String line) {
    System.out.println(line);
  }
}
