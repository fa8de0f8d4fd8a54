package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Interceptors;
import dev.millrace.broker.api.spi.Telemetry;
import java.time.Duration;

/**
 * What the subscriptions of one manager share.
 *
 * @param backend where events go
 * @param codec for payloads
 * @param clock where time comes from
 * @param telemetry where measurements go
 * @param maxMessageBytes the largest event
 * @param closeDeadline how long closing lets handlers go on
 * @param patience how long subscribing waits for the backend
 * @param interceptors what is published passes them; who makes a subscription wraps its handler
 */
public record EventsContext(
    Backend backend,
    PayloadCodec codec,
    BrokerClock clock,
    Telemetry telemetry,
    long maxMessageBytes,
    Duration closeDeadline,
    Duration patience,
    Interceptors interceptors) {
  /** Without interceptors. */
  public EventsContext(
      Backend backend,
      PayloadCodec codec,
      BrokerClock clock,
      Telemetry telemetry,
      long maxMessageBytes,
      Duration closeDeadline,
      Duration patience) {
    this(
        backend,
        codec,
        clock,
        telemetry,
        maxMessageBytes,
        closeDeadline,
        patience,
        Interceptors.none());
  }
}
