package dev.millrace.broker.streams;

import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Interceptors;
import dev.millrace.broker.api.spi.Telemetry;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What producers and consumers of one manager share.
 *
 * @param backend where the streams are
 * @param codec for payloads
 * @param clock where time comes from
 * @param random for jitter and ids; thread-safe
 * @param telemetry where measurements go
 * @param maxMessageBytes the largest message
 * @param closeDeadline how long closing lets work go on
 * @param patience how long an administrative call waits for the backend
 * @param company lets a message that may kill its process run alone in it
 * @param backlogs what producers know of how far readers are behind
 * @param interceptors what is sent passes them; who makes a consumer wraps its handler
 */
public record StreamsContext(
    Backend backend,
    PayloadCodec codec,
    BrokerClock clock,
    RandomGenerator random,
    Telemetry telemetry,
    long maxMessageBytes,
    Duration closeDeadline,
    Duration patience,
    Company company,
    Backlogs backlogs,
    Interceptors interceptors) {
  /** With a company and backlogs of its own, and no interceptors. */
  public StreamsContext(
      Backend backend,
      PayloadCodec codec,
      BrokerClock clock,
      RandomGenerator random,
      Telemetry telemetry,
      long maxMessageBytes,
      Duration closeDeadline,
      Duration patience) {
    this(
        backend,
        codec,
        clock,
        random,
        telemetry,
        maxMessageBytes,
        closeDeadline,
        patience,
        new Company(clock),
        new Backlogs(),
        Interceptors.none());
  }

  /** The same with these interceptors. */
  public StreamsContext intercepted(Interceptors given) {
    return new StreamsContext(
        backend,
        codec,
        clock,
        random,
        telemetry,
        maxMessageBytes,
        closeDeadline,
        patience,
        company,
        backlogs,
        given);
  }
}
