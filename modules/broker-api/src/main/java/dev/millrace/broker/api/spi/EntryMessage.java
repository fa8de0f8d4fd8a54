package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.TypeRef;
import java.util.Map;
import java.util.Optional;

/** An entry as a handler sees it. */
public final class EntryMessage implements Message {
  private final String stream;
  private final Position position;
  private final Entry entry;
  private final PayloadCodec codec;
  private final long maxBytes;

  /**
   * For an entry.
   *
   * @param stream the stream or channel that it comes from
   * @param position where it stands; {@link Position#UNKNOWN}: nowhere
   * @param maxBytes the largest that is decoded
   */
  public EntryMessage(
      String stream, Position position, Entry entry, PayloadCodec codec, long maxBytes) {
    this.stream = stream;
    this.position = position;
    this.entry = entry;
    this.codec = codec;
    this.maxBytes = maxBytes;
  }

  @Override
  public String id() {
    return entry.id().orElseGet(this::position);
  }

  @Override
  public String position() {
    return position.value();
  }

  @Override
  public String stream() {
    return stream;
  }

  @Override
  public Optional<String> type() {
    return entry.type();
  }

  @Override
  public Optional<String> key() {
    return entry.key();
  }

  @Override
  public Map<String, String> headers() {
    return entry.headers();
  }

  @Override
  public Fields fields() {
    return entry.fields();
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
        + Names.printable(stream)
        + (position.equals(Position.UNKNOWN) ? "" : ", position=" + position)
        + type().map(t -> ", type=" + Names.printable(t)).orElse("")
        + "]";
  }
}
