package dev.millrace.app.work;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.TypeRef;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A message and its delivery, without a broker. */
record Fake(String id, Optional<String> type, Fields fields, int attempt)
    implements Message, Delivery {
  static Fake typed(String type, String json) {
    return new Fake("m-1", Optional.of(type), Fields.of(Message.PAYLOAD, json), 1);
  }

  @Override
  public Message message() {
    return this;
  }

  @Override
  public String group() {
    return "workers";
  }

  @Override
  public String position() {
    return "1-0";
  }

  @Override
  public String stream() {
    return "orders";
  }

  @Override
  public Optional<String> key() {
    return Optional.empty();
  }

  @Override
  public Map<String, String> headers() {
    return Map.of();
  }

  @Override
  public <T> T as(TypeRef<T> type) {
    throw new UnsupportedOperationException("commands get the payload as it is");
  }

  @Override
  public OptionalLong fence() {
    return OptionalLong.empty();
  }

  @Override
  public Instant deadline() {
    return Instant.MAX;
  }

  @Override
  public boolean cancelled() {
    return false;
  }
}
