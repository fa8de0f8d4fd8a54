package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.SendOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a caller sends into entries, and refuses what breaks a rule before anything is sent.
 * For all patterns alike. Thread-safe.
 */
public final class Outgoing {
  /** A script has to take each message whole, and its stack is not large. */
  private static final int MAX_FIELDS = 1_000;

  private static final int MAX_HEADERS = 64;
  private static final int MAX_HEADER_BYTES = 1024;

  private final String stream;
  private final PayloadCodec codec;
  private final long maxBytes;

  /**
   * A message that has passed all rules.
   *
   * @param entry without an id, unless the caller chose one
   * @param bytes its size, as limits count it
   */
  public record Draft(Entry entry, long bytes) {}

  /**
   * For what is sent to one place.
   *
   * @param stream its name, for errors
   * @param maxBytes the largest message
   */
  public Outgoing(String stream, PayloadCodec codec, long maxBytes) {
    this.stream = stream;
    this.codec = codec;
    this.maxBytes = maxBytes;
  }

  /**
   * Plain fields.
   *
   * @throws InvalidConfigException if there is none, or a name is the library's
   * @throws MessageTooLargeException if it is
   */
  public Draft fields(Fields fields, SendOptions options) {
    checkNames(fields);
    return checked(null, fields, options);
  }

  /**
   * A typed payload.
   *
   * @throws InvalidConfigException if the type is no name
   * @throws MessageTooLargeException if it is too large
   * @throws dev.millrace.broker.api.CodecException if it cannot be written
   */
  public Draft payload(String type, Object payload, SendOptions options) {
    Names.faultOf("message type", type)
        .ifPresent(
            fault -> {
              throw new InvalidConfigException("send", stream, List.of(fault));
            });
    Fields fields = Fields.builder().putRaw(Message.PAYLOAD, codec.encode(payload)).build();
    return checked(type, fields, options);
  }

  private void checkNames(Fields fields) {
    var faults = new ArrayList<String>();
    if (fields.isEmpty()) {
      faults.add("the message has no field; give it at least one");
    }
    for (String name : fields.names()) {
      if (name.startsWith("_")) {
        faults.add(
            "field name '"
                + Names.printable(name)
                + "' begins with an underscore, which is for Millrace's own fields; rename it");
      }
    }
    if (!faults.isEmpty()) {
      throw new InvalidConfigException("send", stream, faults);
    }
  }

  private Draft checked(@Nullable String type, Fields fields, SendOptions options) {
    int count = fields.size();
    if (count > MAX_FIELDS) {
      throw new MessageTooLargeException(
          stream, "the message has " + count + " fields; at most " + MAX_FIELDS + " are allowed");
    }
    long bytes = fields.byteSize() + headerBytes(options) + (type == null ? 0 : type.length());
    if (bytes > maxBytes) {
      throw new MessageTooLargeException(
          stream, "the message has " + bytes + " bytes; at most " + maxBytes + " are allowed");
    }
    return new Draft(
        new Entry(
            options.id().orElse(null), type, options.key().orElse(null), options.headers(), fields),
        bytes);
  }

  private long headerBytes(SendOptions options) {
    if (options.headers().isEmpty()) {
      return 0;
    }
    if (options.headers().size() > MAX_HEADERS) {
      throw new MessageTooLargeException(
          stream,
          "the message has "
              + options.headers().size()
              + " headers; at most "
              + MAX_HEADERS
              + " are allowed");
    }
    long total = 0;
    for (var header : options.headers().entrySet()) {
      int size =
          header.getKey().length() + header.getValue().getBytes(StandardCharsets.UTF_8).length;
      if (size > MAX_HEADER_BYTES) {
        throw new MessageTooLargeException(
            stream,
            "header '"
                + Names.printable(header.getKey())
                + "' has "
                + size
                + " bytes; at most "
                + MAX_HEADER_BYTES
                + " are allowed");
      }
      total += size;
    }
    return total;
  }
}
