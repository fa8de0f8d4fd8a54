package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BackendContext;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The named stores of this JVM, each for as long as a backend is open on it.
 *
 * <p>This is the one place with static mutable state: two brokers that know nothing of each other
 * are to meet by a name alone, as they would at a server's address. Counting the backends keeps it
 * empty when nothing is open.
 */
final class SharedStores {
  // Guards OPEN and its counts.
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final Map<String, Shared> OPEN = new HashMap<>();

  private SharedStores() {}

  static MemoryBackend open(String name, BackendContext context, OptionalLong maxMemory) {
    LOCK.lock();
    try {
      Shared shared =
          OPEN.computeIfAbsent(name, n -> new Shared(new Store(context.clock(), maxMemory)));
      shared.backends++;
      return new MemoryBackend("memory:" + name, shared.store, context, () -> release(name));
    } finally {
      LOCK.unlock();
    }
  }

  private static void release(String name) {
    LOCK.lock();
    try {
      Shared shared = OPEN.get(name);
      if (shared != null && --shared.backends == 0) {
        OPEN.remove(name);
        shared.store.close();
      }
    } finally {
      LOCK.unlock();
    }
  }

  private static final class Shared {
    private final Store store;
    private int backends;

    private Shared(Store store) {
      this.store = store;
    }
  }
}
