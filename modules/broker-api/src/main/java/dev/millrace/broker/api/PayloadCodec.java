package dev.millrace.broker.api;

/**
 * Turns values into the bytes of the field {@value Message#PAYLOAD} and back. Thread-safe. Found by
 * {@link java.util.ServiceLoader}, or given to {@link BrokerConfig.Builder#codec}.
 */
public interface PayloadCodec {
  /** What the bytes are, such as {@code application/json}. */
  String contentType();

  /**
   * The bytes of a value.
   *
   * @throws CodecException if it cannot be written
   */
  byte[] encode(Object value);

  /**
   * The value in the bytes.
   *
   * @throws CodecException if they do not fit the type; never an error that depends on a class
   *     named in the bytes
   */
  <T> T decode(byte[] bytes, TypeRef<T> type);
}
