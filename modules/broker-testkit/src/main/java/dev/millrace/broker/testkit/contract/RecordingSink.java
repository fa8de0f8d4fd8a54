package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Keeps what a reader delivers, and notes every breach of the promises a sink is given.
 * Thread-safe.
 */
final class RecordingSink implements Sink {
  // Guards everything below. A call that finds it taken is one call too many at a time.
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Received> received = new ArrayList<>();
  private final List<Position> recreated = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final List<String> breaches = new ArrayList<>();
  private final Consumer<List<Received>> listener;
  private final ReentrantLock calls = new ReentrantLock();
  private long allowed;

  RecordingSink(Consumer<List<Received>> listener) {
    this.listener = listener;
  }

  /** Credit is about to be given. */
  void allow(int credit) {
    locked(() -> allowed += credit);
  }

  /** All credit has been forgotten: from now on nothing may come. */
  void allowNothing() {
    locked(() -> allowed = received.size());
  }

  @Override
  public void deliver(List<Received> batch) {
    if (!calls.tryLock()) {
      locked(() -> breaches.add("two calls of the sink at one time"));
      return;
    }
    try {
      locked(
          () -> {
            received.addAll(batch);
            if (batch.isEmpty()) {
              breaches.add("an empty delivery");
            }
            if (received.size() > allowed) {
              breaches.add(received.size() + " entries delivered with credit for " + allowed);
            }
          });
      listener.accept(batch);
    } finally {
      calls.unlock();
    }
  }

  @Override
  public void recreated(Position from) {
    locked(() -> recreated.add(from));
  }

  @Override
  public void failed(Throwable error) {
    locked(() -> failures.add(error));
  }

  @Override
  public void revoked(Set<Integer> partitions) {
    // Allowed at any time; what was taken away is settled as stale.
  }

  List<Received> received() {
    lock.lock();
    try {
      return List.copyOf(received);
    } finally {
      lock.unlock();
    }
  }

  int size() {
    return received().size();
  }

  List<Position> recreations() {
    lock.lock();
    try {
      return List.copyOf(recreated);
    } finally {
      lock.unlock();
    }
  }

  List<String> breaches() {
    lock.lock();
    try {
      return List.copyOf(breaches);
    } finally {
      lock.unlock();
    }
  }

  List<Throwable> failures() {
    lock.lock();
    try {
      return List.copyOf(failures);
    } finally {
      lock.unlock();
    }
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }
}
