package dev.millrace.broker.streams;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/** The attempts of one delivery that are still held. Thread-safe. */
final class Lot {
  private final AtomicReferenceArray<Attempt> attempts;
  private final AtomicInteger left;

  Lot(List<Attempt> all) {
    attempts = new AtomicReferenceArray<>(all.toArray(Attempt[]::new));
    left = new AtomicInteger(all.size());
    for (int i = 0; i < all.size(); i++) {
      all.get(i).in(this, i);
    }
  }

  boolean holds(int index) {
    return attempts.get(index) != null;
  }

  /** Whether that was the last one. */
  boolean forget(int index) {
    return attempts.getAndSet(index, null) != null && left.decrementAndGet() == 0;
  }

  void forEach(Consumer<Attempt> each) {
    for (int i = 0; i < attempts.length(); i++) {
      Attempt attempt = attempts.get(i);
      if (attempt != null) {
        each.accept(attempt);
      }
    }
  }
}
