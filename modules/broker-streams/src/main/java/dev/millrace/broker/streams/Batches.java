package dev.millrace.broker.streams;

import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.OutcomeBatchHandler;
import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Gathers attempts until there are enough for a batch or the first has waited long enough. */
final class Batches {
  private static final long ANY = -1;

  private final int size;
  private final Duration time;
  private final OutcomeBatchHandler<Message> handler;
  private final Work work;
  private final Slots slots;
  private final BrokerClock clock;

  /** Guards the open batch and its timer: deliveries add to it, the clock ends it. */
  private final ReentrantLock lock = new ReentrantLock();

  private List<Attempt> open = new ArrayList<>();
  private long number;
  private BrokerClock.@Nullable Cancellable timer;

  Batches(
      int size,
      Duration time,
      OutcomeBatchHandler<Message> handler,
      Work work,
      Slots slots,
      BrokerClock clock) {
    this.size = size;
    this.time = time;
    this.handler = handler;
    this.work = work;
    this.slots = slots;
    this.clock = clock;
  }

  void add(Attempt attempt) {
    lock.lock();
    try {
      open.add(attempt);
      if (open.size() >= size) {
        finish();
      } else if (open.size() == 1 && !time.isZero()) {
        long mine = number;
        timer = clock.schedule(time, () -> timeIsUp(mine));
      }
    } finally {
      lock.unlock();
    }
  }

  /** All that came together has been added. */
  void delivered() {
    if (time.isZero()) {
      timeIsUp(ANY);
    }
  }

  private void timeIsUp(long waiting) {
    lock.lock();
    try {
      if (!open.isEmpty() && (waiting == ANY || waiting == number)) {
        finish();
      }
    } finally {
      lock.unlock();
    }
    slots.dispatch();
  }

  private void finish() {
    List<Attempt> batch = open;
    open = new ArrayList<>();
    number++;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    slots.add(() -> work.run(batch, handler));
  }
}
