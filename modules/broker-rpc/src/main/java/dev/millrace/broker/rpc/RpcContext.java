package dev.millrace.broker.rpc;

import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Interceptors;
import dev.millrace.broker.api.spi.Telemetry;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What the clients and servers of one manager share.
 *
 * @param backend has requests, inboxes and leases
 * @param codec for payloads
 * @param clock where time comes from
 * @param random for ids; thread-safe
 * @param telemetry where measurements go
 * @param maxMessageBytes the largest request, answer or part
 * @param resultsKept how long results are kept
 * @param lease how long a request belongs to its server without renewal
 * @param closeDeadline how long closing lets handlers and calls go on
 * @param patience how long starting waits for the backend
 * @param interceptors what requests and their handlers pass
 */
public record RpcContext(
    Backend backend,
    PayloadCodec codec,
    BrokerClock clock,
    RandomGenerator random,
    Telemetry telemetry,
    long maxMessageBytes,
    Duration resultsKept,
    Duration lease,
    Duration closeDeadline,
    Duration patience,
    Interceptors interceptors) {
  /** Without interceptors. */
  public RpcContext(
      Backend backend,
      PayloadCodec codec,
      BrokerClock clock,
      RandomGenerator random,
      Telemetry telemetry,
      long maxMessageBytes,
      Duration resultsKept,
      Duration lease,
      Duration closeDeadline,
      Duration patience) {
    this(
        backend,
        codec,
        clock,
        random,
        telemetry,
        maxMessageBytes,
        resultsKept,
        lease,
        closeDeadline,
        patience,
        Interceptors.none());
  }
}
