package dev.millrace.broker.rpc;

import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.spi.BrokerClock.Cancellable;
import dev.millrace.broker.api.spi.Entry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One call under way. Thread-safe. */
class Call {
  final String id;
  final Entry request;

  /** On the local monotonic clock. */
  final long begun;

  final long endsAt;

  /** How it ended; completes once. */
  final CompletableFuture<Reply<Entry>> ended = new CompletableFuture<>();

  /** Completes when the request is sent, or will not be sent again. */
  final CompletableFuture<@Nullable Void> submitted = new CompletableFuture<>();

  /** Guards what follows: whether it is ending, whether an attempt at sending may begin. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Cancellable timer;
  private boolean ending;
  private boolean attempting;
  private boolean leaving;
  private boolean perhapsSent;
  private String trouble = "it was not sent";

  Call(String id, Entry request, long begun, long endsAt) {
    this.id = id;
    this.request = request;
    this.begun = begun;
    this.endsAt = endsAt;
  }

  /** The last word of a server: how the call ends by it, or null if it does not end yet. */
  @Nullable Reply<Entry> replied(Entry reply) {
    return Replies.read(reply);
  }

  /** A part of the answer; a call for one answer has no use for it. */
  void part(Entry part) {}

  /** It is over; runs once. */
  void over() {}

  /** What ends it in time, instead of what was to before; called off at its end. */
  void timer(Cancellable made) {
    Cancellable before;
    boolean late;
    lock.lock();
    try {
      before = timer;
      timer = made;
      late = ending;
    } finally {
      lock.unlock();
    }
    if (before != null) {
      before.cancel();
    }
    if (late) {
      made.cancel();
    }
  }

  /**
   * Ends it, unless it has ended.
   *
   * @param before done before its caller can see the end
   */
  void end(Reply<Entry> how, Runnable before) {
    Cancellable set;
    lock.lock();
    try {
      if (ending) {
        return;
      }
      ending = true;
      set = timer;
    } finally {
      lock.unlock();
    }
    if (set != null) {
      set.cancel();
    }
    before.run();
    ended.complete(how);
    over();
  }

  /** Whether it may be sent now: not once it is being taken back. */
  boolean attempt() {
    lock.lock();
    try {
      attempting = !leaving;
      return attempting;
    } finally {
      lock.unlock();
    }
  }

  /** It may have reached the backend. */
  void sent() {
    lock.lock();
    try {
      perhapsSent = true;
      attempting = false;
    } finally {
      lock.unlock();
    }
    submitted.complete(null);
  }

  /**
   * An attempt failed.
   *
   * @param perhaps whether it may have reached the backend all the same
   * @return whether it may be tried again
   */
  boolean failed(String why, boolean perhaps) {
    boolean again;
    lock.lock();
    try {
      perhapsSent |= perhaps;
      trouble = why;
      attempting = false;
      again = !leaving;
    } finally {
      lock.unlock();
    }
    if (!again) {
      submitted.complete(null);
    }
    return again;
  }

  boolean perhapsSent() {
    lock.lock();
    try {
      return perhapsSent;
    } finally {
      lock.unlock();
    }
  }

  String trouble() {
    lock.lock();
    try {
      return trouble;
    } finally {
      lock.unlock();
    }
  }

  /** It is to be taken back: no attempt begins any more. False if it was before. */
  boolean leave() {
    boolean idle;
    lock.lock();
    try {
      if (leaving) {
        return false;
      }
      leaving = true;
      idle = !attempting;
    } finally {
      lock.unlock();
    }
    if (idle) {
      submitted.complete(null);
    }
    return true;
  }
}
