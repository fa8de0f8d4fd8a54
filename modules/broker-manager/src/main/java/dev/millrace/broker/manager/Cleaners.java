package dev.millrace.broker.manager;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.TaskScheduling;
import dev.millrace.broker.cleanup.Cleaning;
import dev.millrace.broker.cleanup.StreamCleaner;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The cleaners of a manager, one for each stream that it uses or that takes its consumers' dead
 * letters, for as long as somebody does. The configuration of who uses a stream as such comes
 * before the defaults for dead letters.
 */
final class Cleaners implements AutoCloseable {
  /** What begins the name of a cleaner; the rest is its stream's. */
  static final String PREFIX = "cleaner:";

  /** Makes a cleaner and keeps it in the registry; starts it. */
  interface Registering {
    /** The cleaner of this name; the factory is given what it runs when it is closed. */
    StreamCleaner add(String name, Function<Runnable, StreamCleaner> factory);
  }

  /**
   * Guards everything below; held while a cleaner is made or closed, which takes a second at most.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, Kept> kept = new HashMap<>();
  private final Registering registry;
  private final RetentionDefaults defaults;
  private final TaskScheduling scheduling;
  private final Optional<Cleaning> cleaning;

  private static final class Kept {
    final StreamCleaner cleaner;
    @Nullable StreamConfig declared;
    int deadLetterUsers;

    Kept(StreamCleaner cleaner) {
      this.cleaner = cleaner;
    }
  }

  /**
   * None yet.
   *
   * @param cleaning what they share; empty: the backend cannot trim, and there are no cleaners
   * @param scheduling closed with this
   * @param defaults for streams that nobody has configured
   */
  Cleaners(
      Optional<Cleaning> cleaning,
      TaskScheduling scheduling,
      RetentionDefaults defaults,
      Registering registry) {
    this.cleaning = cleaning;
    this.scheduling = scheduling;
    this.defaults = defaults;
    this.registry = registry;
  }

  /**
   * Has a stream cleaned that is in use; again, if somebody has closed its cleaner.
   *
   * @return ends that
   */
  AutoCloseable start(StreamConfig stream) {
    lock.lock();
    try {
      Kept cleaner = keep(stream.name(), stream);
      if (cleaner == null) {
        return () -> {};
      }
      cleaner.declared = stream;
      cleaner.cleaner.configure(stream);
      return () -> undeclare(stream.name());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has the dead letters of a consumer cleaned.
   *
   * @return ends that
   */
  Runnable startForDeadLetters(String stream) {
    lock.lock();
    try {
      Kept cleaner = keep(stream, defaults.ofDeadLetters(stream));
      if (cleaner == null) {
        return () -> {};
      }
      cleaner.deadLetterUsers++;
      return () -> release(stream);
    } finally {
      lock.unlock();
    }
  }

  /** How the dead letters of consumers here are kept, where they go to this stream. */
  Optional<StreamConfig> ofDeadLetters(String stream) {
    lock.lock();
    try {
      return Optional.ofNullable(kept.get(stream))
          .filter(cleaner -> cleaner.deadLetterUsers > 0)
          .map(cleaner -> defaults.ofDeadLetters(stream));
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Kept keep(String stream, StreamConfig config) {
    Kept known = kept.get(stream);
    // What a backup holds was accepted, and leaves it by being drained alone.
    if (cleaning.isEmpty() || Names.isBackup(stream)) {
      return null;
    }
    if (known != null && known.cleaner.state() != Component.State.CLOSED) {
      return known;
    }
    if (known != null) {
      // Somebody has closed it by its name, and it may not be out of the registry yet; after a
      // second close it is.
      known.cleaner.close();
    }
    String name = PREFIX + stream;
    Cleaning shared = cleaning.get();
    StreamConfig first = known != null && known.declared != null ? known.declared : config;
    var made =
        new Kept(registry.add(name, onClosed -> new StreamCleaner(name, first, shared, onClosed)));
    if (known != null) {
      made.declared = known.declared;
      made.deadLetterUsers = known.deadLetterUsers;
    }
    kept.put(stream, made);
    return made;
  }

  private void undeclare(String stream) {
    lock.lock();
    try {
      Kept cleaner = kept.get(stream);
      if (cleaner != null) {
        cleaner.declared = null;
        settle(stream, cleaner);
      }
    } finally {
      lock.unlock();
    }
  }

  private void release(String stream) {
    lock.lock();
    try {
      Kept cleaner = kept.get(stream);
      if (cleaner != null) {
        cleaner.deadLetterUsers--;
        settle(stream, cleaner);
      }
    } finally {
      lock.unlock();
    }
  }

  private void settle(String stream, Kept cleaner) {
    if (cleaner.declared == null && cleaner.deadLetterUsers == 0) {
      kept.remove(stream);
      cleaner.cleaner.close();
    } else if (cleaner.declared == null) {
      cleaner.cleaner.configure(defaults.ofDeadLetters(stream));
    }
  }

  /** What is stored with a stream was changed: its cleaner here looks at it soon. */
  void changed(String stream) {
    lock.lock();
    try {
      Kept cleaner = kept.get(stream);
      if (cleaner != null) {
        cleaner.cleaner.visitSoon();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the timers; the cleaners are closed before. */
  @Override
  public void close() {
    scheduling.close();
  }
}
