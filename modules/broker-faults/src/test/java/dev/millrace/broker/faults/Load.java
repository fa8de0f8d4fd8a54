package dev.millrace.broker.faults;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.UnconfirmedSendException;
import dev.millrace.broker.testkit.History;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Sends jobs one after the other and writes down what became of each send. */
final class Load implements AutoCloseable {
  private final Broker broker;
  private final History history;
  private final Function<Integer, Job> jobs;
  private final long gapMicros;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final AtomicInteger sent = new AtomicInteger();
  private final Thread thread;

  Load(Broker broker, History history, int perSecond, Function<Integer, Job> jobs) {
    this.broker = broker;
    this.history = history;
    this.jobs = jobs;
    this.gapMicros = 1_000_000L / perSecond;
    this.thread = Thread.ofVirtual().name("load").start(this::run);
  }

  int sent() {
    return sent.get();
  }

  private void run() {
    try {
      while (!stop.await(gapMicros, TimeUnit.MICROSECONDS)) {
        send(broker, history, jobs.apply(sent.getAndIncrement()));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends one. Whether it was accepted. */
  static boolean send(Broker broker, History history, Job job) {
    history.invoked(job.id());
    try {
      broker.enqueue(Job.TYPE, job);
      history.acknowledged(job.id());
      return true;
    } catch (AmbiguousSendException | UnconfirmedSendException unclear) {
      history.unknown(job.id());
    } catch (BrokerException refused) {
      history.refused(job.id());
    }
    return false;
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      // A send that gets no answer must not hide why the test has failed.
      if (!thread.join(Scene.SOON)) {
        thread.interrupt();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
