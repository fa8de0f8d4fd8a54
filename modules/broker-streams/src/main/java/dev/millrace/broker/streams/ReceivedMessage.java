package dev.millrace.broker.streams;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.Received;
import java.util.Map;
import java.util.Optional;

/** A delivered entry as a handler sees it. */
final class ReceivedMessage implements Message {
  private final String stream;
  private final Received received;
  private final PayloadCodec codec;

  ReceivedMessage(String stream, Received received, PayloadCodec codec) {
    this.stream = stream;
    this.received = received;
    this.codec = codec;
  }

  @Override
  public String id() {
    return received.entry().id().orElseGet(this::position);
  }

  @Override
  public String position() {
    return received.position().value();
  }

  @Override
  public String stream() {
    return stream;
  }

  @Override
  public Optional<String> type() {
    return received.entry().type();
  }

  @Override
  public Optional<String> key() {
    return received.entry().key();
  }

  @Override
  public Map<String, String> headers() {
    return received.entry().headers();
  }

  @Override
  public Fields fields() {
    return received.entry().fields();
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T as(TypeRef<T> type) {
    if (!fields().has(PAYLOAD)) {
      throw new CodecException(
          "decode payload",
          type.toString(),
          "the message has no field '" + PAYLOAD + "', only " + fields().names(),
          "Read fields() instead, or send it with a payload",
          null);
    }
    return codec.decode(fields().bytes(PAYLOAD), type);
  }

  @Override
  public String toString() {
    return "Message[id="
        + id()
        + ", stream="
        + stream
        + ", position="
        + position()
        + type().map(t -> ", type=" + t).orElse("")
        + "]";
  }
}
