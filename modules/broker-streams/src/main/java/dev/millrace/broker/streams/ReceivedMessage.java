package dev.millrace.broker.streams;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
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
  private final long maxBytes;

  /**
   * For an entry.
   *
   * @param maxBytes the largest that is decoded
   */
  ReceivedMessage(String stream, Received received, PayloadCodec codec, long maxBytes) {
    this.stream = stream;
    this.received = received;
    this.codec = codec;
    this.maxBytes = maxBytes;
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
    // Looked at first: a parser needs many times the size of what it reads.
    long bytes = fields().byteSize();
    if (bytes > maxBytes) {
      throw new CodecException(
          "decode payload",
          type.toString(),
          "the message has " + bytes + " bytes; at most " + maxBytes + " are decoded",
          "Raise maxMessageBytes, or look at who sent it",
          null);
    }
    return codec.decode(fields().bytes(PAYLOAD), type);
  }

  @Override
  public String toString() {
    return "Message[id="
        + Names.printable(id())
        + ", stream="
        + stream
        + ", position="
        + position()
        + type().map(t -> ", type=" + Names.printable(t)).orElse("")
        + "]";
  }
}
