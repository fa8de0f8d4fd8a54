package dev.millrace.broker.guard.jdbc;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.TypeRef;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** An attempt at a message, without a broker. */
record Try(String stream, String group, String id, long token) implements Message, Delivery {
  static Try at(String id) {
    return new Try("orders", "billing", id, 1);
  }

  Try withToken(long later) {
    return new Try(stream, group, id, later);
  }

  @Override
  public Message message() {
    return this;
  }

  @Override
  public String position() {
    return "1-0";
  }

  @Override
  public Optional<String> type() {
    return Optional.empty();
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
  public Fields fields() {
    return Fields.empty();
  }

  @Override
  public <T> T as(TypeRef<T> type) {
    throw new UnsupportedOperationException("it has no payload");
  }

  @Override
  public int attempt() {
    return 1;
  }

  @Override
  public OptionalLong fence() {
    return OptionalLong.of(token);
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
