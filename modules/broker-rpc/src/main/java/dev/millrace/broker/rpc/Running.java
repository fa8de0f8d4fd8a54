package dev.millrace.broker.rpc;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Received;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A request with this server. Thread-safe. */
final class Running {
  final String id;
  final Entry request;

  /** Null: it was asked of all servers, and nothing is to be settled. */
  final @Nullable Received received;

  /** By the backend's clock, in milliseconds. */
  final long deadlineMillis;

  /** Whoever sets it answers. */
  final AtomicBoolean answered = new AtomicBoolean();

  /** Guards the thread: it is not interrupted any more once the handler has ended. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Thread handling;
  private volatile boolean cancelled;

  Running(String id, Entry request, @Nullable Received received, long deadlineMillis) {
    this.id = id;
    this.request = request;
    this.received = received;
    this.deadlineMillis = deadlineMillis;
  }

  /** The calling thread runs the handler. */
  void begins() {
    lock.lock();
    try {
      handling = Thread.currentThread();
      if (cancelled) {
        handling.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The handler has ended; an interrupt that was meant for it is over too. */
  void ends() {
    lock.lock();
    try {
      handling = null;
      var unused = Thread.interrupted();
    } finally {
      lock.unlock();
    }
  }

  /** Nobody wants the answer any more. */
  void cancel() {
    lock.lock();
    try {
      cancelled = true;
      if (handling != null) {
        handling.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean cancelled() {
    return cancelled;
  }
}
