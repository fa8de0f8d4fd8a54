package dev.millrace.broker.manager;

import dev.millrace.broker.api.StreamConfig;
import java.util.function.Function;

/**
 * What components take of their manager: the use of a stream, which has it cleaned, and the
 * cleaning of dead letters. It is given back when the component is closed, and at once where it
 * cannot be made. Thread-safe.
 */
final class Holdings {
  private final ManagedStreams streams;
  private final Cleaners cleaners;

  Holdings(ManagedStreams streams, Cleaners cleaners) {
    this.streams = streams;
    this.cleaners = cleaners;
  }

  /**
   * A component that uses a stream.
   *
   * @param unregister what it runs besides when it is closed
   * @param factory given all that it runs when it is closed
   */
  <C> C using(
      String operation, StreamConfig stream, Runnable unregister, Function<Runnable, C> factory) {
    streams.use(operation, stream);
    return holding(() -> streams.release(stream), unregister, factory);
  }

  /** A component whose dead letters go to this stream; see {@link #using}. */
  <C> C withDeadLetters(String letters, Runnable unregister, Function<Runnable, C> factory) {
    return holding(cleaners.startForDeadLetters(letters), unregister, factory);
  }

  private static <C> C holding(
      Runnable giveBack, Runnable unregister, Function<Runnable, C> factory) {
    try {
      return factory.apply(
          () -> {
            unregister.run();
            giveBack.run();
          });
    } catch (RuntimeException notMade) {
      giveBack.run();
      throw notMade;
    }
  }
}
