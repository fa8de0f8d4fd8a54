package dev.millrace.broker.rpc;

import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.spi.Entry;
import java.util.ArrayDeque;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call whose answer comes in parts. Parts are numbered: what overtook others waits for them, and
 * the end waits for all of them.
 */
final class PartsCall extends Call {
  /** How many parts may wait to be read, and how many may have overtaken another. */
  static final int MOST = 1_000;

  private final Consumer<PartsCall> overflow;
  private final Consumer<PartsCall> missing;

  /** Guards what follows. */
  private final ReentrantLock parts = new ReentrantLock();

  private final Condition changed = parts.newCondition();
  private final ArrayDeque<Entry> ready = new ArrayDeque<>();
  private final TreeMap<Integer, Entry> early = new TreeMap<>();
  private @Nullable Entry last;
  private int lastAfter;
  private int next = 1;
  private boolean overflown;

  /**
   * A call under way.
   *
   * @param overflow told once when its parts are not read
   * @param missing told once when the end came and a part did not
   */
  PartsCall(
      String id,
      Entry request,
      long begun,
      long endsAt,
      Consumer<PartsCall> overflow,
      Consumer<PartsCall> missing) {
    super(id, request, begun, endsAt);
    this.overflow = overflow;
    this.missing = missing;
  }

  @Override
  void part(Entry part) {
    OptionalInt number = Replies.number(part);
    boolean full = false;
    parts.lock();
    try {
      if (number.isEmpty() || number.getAsInt() < next || ended.isDone()) {
        return;
      }
      if (ready.size() + early.size() >= MOST) {
        full = !overflown;
        overflown = true;
      } else {
        early.putIfAbsent(number.getAsInt(), part);
        takeReady();
      }
    } finally {
      parts.unlock();
    }
    if (full) {
      overflow.accept(this);
    }
  }

  private void takeReady() {
    for (Entry part = early.remove(next); part != null; part = early.remove(next)) {
      ready.add(part);
      next++;
    }
    changed.signalAll();
  }

  @Override
  @Nullable Reply<Entry> replied(Entry reply) {
    boolean waits;
    parts.lock();
    try {
      OptionalInt before = Replies.parts(reply);
      boolean single = before.isEmpty() && reply.fields().has(Message.PAYLOAD);
      if (single && next == 1) {
        early.put(1, reply);
        takeReady();
      }
      last = reply;
      lastAfter = before.orElse(0);
      waits = next <= lastAfter;
    } finally {
      parts.unlock();
    }
    if (!waits) {
      return Replies.read(reply);
    }
    missing.accept(this);
    return null;
  }

  /** How it ends now that nothing more comes: the number of the part that is missing, or 0. */
  int missing() {
    parts.lock();
    try {
      return next <= lastAfter ? next : 0;
    } finally {
      parts.unlock();
    }
  }

  /** The server's last word, where it came. */
  @Nullable Entry last() {
    parts.lock();
    try {
      return last;
    } finally {
      parts.unlock();
    }
  }

  @Override
  void over() {
    parts.lock();
    try {
      changed.signalAll();
    } finally {
      parts.unlock();
    }
  }

  /** The next part, or null when there is none left and the call is over. Blocks. */
  @Nullable Entry take() throws InterruptedException {
    parts.lockInterruptibly();
    try {
      while (ready.isEmpty() && !ended.isDone()) {
        changed.await();
      }
      return ready.poll();
    } finally {
      parts.unlock();
    }
  }
}
