package dev.millrace.broker.api;

import java.util.Map;
import java.util.Optional;

/**
 * A message as a handler receives it. Immutable and thread-safe; {@code toString} shows no payload.
 */
public interface Message {
  /** The field that carries a typed payload, as the codec wrote it. */
  String PAYLOAD = "payload";

  /**
   * The message's own id. It survives retry, spill, dead letter and redrive. A message that another
   * program wrote without one has its first position as its id.
   */
  String id();

  /**
   * Where the entry stands now, in the backend's terms (on Redis the entry id); changes with each
   * move.
   */
  String position();

  /** The stream that the message was read from. */
  String stream();

  /** The logical type, for messages sent with one. */
  Optional<String> type();

  /** The key, for messages sent with one. */
  Optional<String> key();

  /** Headers; unmodifiable, in the order sent. */
  Map<String, String> headers();

  /**
   * All fields, in order, without Millrace's own. A typed payload is the field {@value #PAYLOAD}.
   */
  Fields fields();

  /**
   * The payload as a value.
   *
   * @throws CodecException if there is no payload, or it does not fit the type
   */
  default <T> T as(Class<T> type) {
    return as(TypeRef.of(type));
  }

  /**
   * The payload as a value of a generic type.
   *
   * @throws CodecException if there is no payload, or it does not fit the type
   */
  <T> T as(TypeRef<T> type);
}
