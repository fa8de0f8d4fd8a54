package dev.millrace.broker.streams;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.Measurements;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What all producers do with a call: hand it to their {@link SendForms}. */
abstract class SendingProducer extends ComponentBase implements Producer {
  SendingProducer(
      String name,
      String kind,
      String stream,
      Duration closeDeadline,
      BrokerClock clock,
      Measurements measures,
      Runnable onClosed) {
    super(name, kind, stream, closeDeadline, clock, measures, onClosed);
  }

  abstract SendForms forms();

  @Override
  public SendResult send(Fields fields, SendOptions options) {
    return forms().send(fields, options);
  }

  @Override
  public SendResult sendPayload(String type, Object payload, SendOptions options) {
    return forms().sendPayload(type, payload, options);
  }

  @Override
  public CompletableFuture<SendResult> sendAsync(Fields fields, SendOptions options) {
    return forms().sendAsync(fields, options);
  }

  @Override
  public CompletableFuture<SendResult> sendPayloadAsync(
      String type, Object payload, SendOptions options) {
    return forms().sendPayloadAsync(type, payload, options);
  }

  @Override
  public List<SendResult> sendAll(List<Fields> messages) {
    return forms().sendAll(messages);
  }

  @Override
  public List<SendResult> sendAllPayloads(String type, List<?> payloads) {
    return forms().sendAllPayloads(type, payloads);
  }
}
