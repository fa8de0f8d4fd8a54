package dev.millrace.broker.manager;

import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamConfigConflictException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which configuration is in force for each stream: the first one, as long as a component uses it.
 */
final class ManagedStreams {
  /** Guards {@code users}; held while a cleaner is made or closed, which is short. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, Users> users = new HashMap<>();
  private final CleanerFactory cleaners;

  /** Makes the cleaner of a stream that comes into use. */
  interface CleanerFactory {
    /** A running cleaner; the one that runs already, unless somebody has closed it. */
    AutoCloseable start(StreamConfig stream);
  }

  private static final class Users {
    final StreamConfig config;
    Runnable stopCleaner = () -> {};
    int count;

    Users(StreamConfig config) {
      this.config = config;
    }
  }

  ManagedStreams(CleanerFactory cleaners) {
    this.cleaners = cleaners;
  }

  void use(String operation, StreamConfig asked) {
    lock.lock();
    try {
      Users inForce = users.get(asked.name());
      if (inForce == null) {
        inForce = new Users(asked);
      } else if (!inForce.config.equals(asked)) {
        throw new StreamConfigConflictException(
            operation, asked.name(), inForce.config.differencesTo(asked));
      }
      inForce.stopCleaner = closing(cleaners.start(asked));
      users.put(asked.name(), inForce);
      inForce.count++;
    } finally {
      lock.unlock();
    }
  }

  /** The configuration in force, where the stream is in use. */
  Optional<StreamConfig> inForce(String stream) {
    lock.lock();
    try {
      return Optional.ofNullable(users.get(stream)).map(inForce -> inForce.config);
    } finally {
      lock.unlock();
    }
  }

  void release(StreamConfig stream) {
    lock.lock();
    try {
      Users inForce = users.get(stream.name());
      if (inForce != null && --inForce.count == 0) {
        users.remove(stream.name());
        inForce.stopCleaner.run();
      }
    } finally {
      lock.unlock();
    }
  }

  private static Runnable closing(AutoCloseable cleaner) {
    return () -> {
      try {
        cleaner.close();
      } catch (Exception impossible) {
        throw new IllegalStateException("a cleaner's close does not throw", impossible);
      }
    };
  }
}
