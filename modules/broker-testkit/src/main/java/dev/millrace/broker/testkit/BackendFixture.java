package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.Backend;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What the contract suite needs of a backend under test. One is made for each test and closed after
 * it; data may be shared between fixtures, since tests use names of their own.
 */
public interface BackendFixture extends AutoCloseable {
  /** One more instance on the same data, as another process would have. The test closes it. */
  Backend open();

  /**
   * Lets time pass for the backend: a virtual clock is moved, a real server is waited for. Returns
   * when it has passed.
   */
  void advance(Duration time);

  /** The shortest lease and delay with which the backend is comfortable. */
  Duration tick();

  /** The backend's idea of now, for a test of a backend that cannot be asked. */
  default Instant now() {
    return Instant.now();
  }

  /**
   * Appends an entry as a program that knows nothing of Millrace would.
   *
   * @return false if there is no such way
   */
  default boolean appendForeign(String stream, Map<String, String> fields) {
    return false;
  }

  @Override
  void close();
}
