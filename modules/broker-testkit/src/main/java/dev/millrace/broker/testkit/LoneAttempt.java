package dev.millrace.broker.testkit;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.TypeRef;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An attempt at a message without payload, without a broker: for tests of what a handler does with
 * it.
 *
 * @param stream the stream of the message
 * @param group the group it was given to
 * @param id the message's id
 * @param token its fencing token
 */
public record LoneAttempt(String stream, String group, String id, long token)
    implements Message, Delivery {
  /** A first attempt at the message of this id, of stream orders and group billing. */
  public static LoneAttempt at(String id) {
    return new LoneAttempt("orders", "billing", id, 1);
  }

  /** A later attempt at the same message. */
  public LoneAttempt withToken(long later) {
    return new LoneAttempt(stream, group, id, later);
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
