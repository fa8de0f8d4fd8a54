package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.SendOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  private final MessageKind kind;
  private final String stream;
  private final PayloadCodec codec;
  private final long maxBytes;
  private final Interceptors interceptors;

  /** A message that has passed all rules and interceptors. Whoever sends it tells its end. */
  public static final class Draft {
    private final Entry entry;
    private final long bytes;
    private final @Nullable Departure departure;

    private Draft(Entry entry, long bytes, @Nullable Departure departure) {
      this.entry = entry;
      this.bytes = bytes;
      this.departure = departure;
    }

    /** Without an id, unless the caller chose one. */
    public Entry entry() {
      return entry;
    }

    /** Its size, as limits count it. */
    public long bytes() {
      return bytes;
    }

    /** Whether somebody is to be told of its end, by functions of the application's. */
    public boolean intercepted() {
      return departure != null;
    }

    /**
     * What became of it; the first call counts, and does nothing unless it is {@link #intercepted}.
     *
     * @param id its id, where it is known
     * @param error null: it was accepted
     */
    public void ended(@Nullable String id, @Nullable Throwable error) {
      if (departure != null) {
        departure.ends(id, error);
      }
    }
  }

  /**
   * For what is sent to one place.
   *
   * @param stream its name, for errors
   * @param maxBytes the largest message
   */
  public Outgoing(
      MessageKind kind,
      String stream,
      PayloadCodec codec,
      long maxBytes,
      Interceptors interceptors) {
    this.kind = kind;
    this.stream = stream;
    this.codec = codec;
    this.maxBytes = maxBytes;
    this.interceptors = interceptors;
  }

  /**
   * Plain fields.
   *
   * @throws InvalidConfigException if there is none, or a name is the library's
   * @throws MessageTooLargeException if it is
   * @throws dev.millrace.broker.api.SendRefusedException if an interceptor refuses it
   */
  public Draft fields(Fields fields, SendOptions options) {
    Map<String, String> headers = TraceContext.joined(options.headers());
    Departure departure = interceptors.departing(kind, stream, null, fields, options, headers);
    try {
      checkNames(fields);
      return checked(null, fields, options, headers, departure);
    } catch (RuntimeException | Error refused) {
      tell(departure, refused);
      throw refused;
    }
  }

  /**
   * A typed payload.
   *
   * @throws InvalidConfigException if the type is no name
   * @throws MessageTooLargeException if it is too large
   * @throws dev.millrace.broker.api.CodecException if it cannot be written
   * @throws dev.millrace.broker.api.SendRefusedException if an interceptor refuses it
   */
  public Draft payload(String type, Object payload, SendOptions options) {
    Map<String, String> headers = TraceContext.joined(options.headers());
    Departure departure = interceptors.departing(kind, stream, type, payload, options, headers);
    try {
      checkType(type);
      Fields fields = Fields.builder().putRaw(Message.PAYLOAD, codec.encode(payload)).build();
      return checked(type, fields, options, headers, departure);
    } catch (RuntimeException | Error refused) {
      tell(departure, refused);
      throw refused;
    }
  }

  private static void tell(@Nullable Departure departure, Throwable refused) {
    if (departure != null) {
      departure.ends(null, refused);
    }
  }

  private void checkType(String type) {
    Names.faultOf("message type", type)
        .ifPresent(
            fault -> {
              throw new InvalidConfigException("send", stream, List.of(fault));
            });
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

  private Draft checked(
      @Nullable String type,
      Fields fields,
      SendOptions options,
      Map<String, String> joined,
      @Nullable Departure departure) {
    Map<String, String> headers = departure == null ? joined : departure.headers();
    int count = fields.size();
    if (count > MAX_FIELDS) {
      throw new MessageTooLargeException(
          stream, "the message has " + count + " fields; at most " + MAX_FIELDS + " are allowed");
    }
    long bytes = fields.byteSize() + headerBytes(headers) + (type == null ? 0 : type.length());
    if (bytes > maxBytes) {
      throw new MessageTooLargeException(
          stream, "the message has " + bytes + " bytes; at most " + maxBytes + " are allowed");
    }
    return new Draft(
        new Entry(options.id().orElse(null), type, options.key().orElse(null), headers, fields),
        bytes,
        departure);
  }

  /** A trace context counts against no limit: handing one on makes no message too large. */
  private long headerBytes(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return 0;
    }
    int count = 0;
    long total = 0;
    for (var header : headers.entrySet()) {
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
      if (!TraceContext.isOfIt(header.getKey())) {
        count++;
        total += size;
      }
    }
    if (count > MAX_HEADERS) {
      throw new MessageTooLargeException(
          stream, "the message has " + count + " headers; at most " + MAX_HEADERS + " are allowed");
    }
    return total;
  }
}
