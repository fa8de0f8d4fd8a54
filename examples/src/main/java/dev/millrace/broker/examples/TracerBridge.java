package dev.millrace.broker.examples;

import dev.millrace.broker.api.HandleInterceptor;
import dev.millrace.broker.api.Handling;
import dev.millrace.broker.api.SendInterceptor;
import dev.millrace.broker.api.Sending;

/**
 * What a tracing library needs to know of a broker, for all three patterns. With OpenTelemetry the
 * header is written by {@code propagator.inject(context, sending, Sending::header)} and read by
 * {@code propagator.extract(context, handling.message().headers(), getter)}; the rest is as here.
 */
final class TracerBridge implements SendInterceptor, HandleInterceptor {
  private final Tracer tracer;

  TracerBridge(Tracer tracer) {
    this.tracer = tracer;
  }

  @Override
  public void send(Sending sending) {
    Tracer.Span outer = tracer.current();
    Tracer.Span span =
        tracer.begin(
            "send " + sending.type().orElse("fields"), outer == null ? null : outer.traceparent());
    sending.header("traceparent", span.traceparent());
    sending.onEnd(error -> tracer.end(span));
  }

  @Override
  public void handle(Handling handling) throws Exception {
    String type = handling.message().type().orElse("fields");
    Tracer.Span span =
        tracer.begin("handle " + type, handling.message().headers().get("traceparent"));
    tracer.current(span);
    try {
      handling.proceed();
    } finally {
      tracer.current(null);
      tracer.end(span);
    }
  }
}
