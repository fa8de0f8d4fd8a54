package dev.millrace.broker.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a send may say besides its content. Immutable: each method returns a changed copy. */
public final class SendOptions {
  private static final SendOptions NONE = new SendOptions(null, null, Map.of());

  private final @Nullable String id;
  private final @Nullable String key;
  private final Map<String, String> headers;

  private SendOptions(@Nullable String id, @Nullable String key, Map<String, String> headers) {
    this.id = id;
    this.key = key;
    this.headers = headers;
  }

  /** Nothing said: a generated id, no key, no headers. */
  public static SendOptions none() {
    return NONE;
  }

  /**
   * A message id of the caller's choice, 1 to 256 bytes of UTF-8 without control characters. Sent
   * again within {@link SendPolicy#idWindow()}, by whatever process, it is stored once and the
   * result tells the first one's position; a plain producer stores it each time. Default: a
   * generated one.
   */
  public SendOptions id(String id) {
    return new SendOptions(Names.checkToken("message id", id), key, headers);
  }

  /**
   * The key that messages belonging together share, 1 to 256 bytes of UTF-8 without control
   * characters. Default: none.
   */
  public SendOptions key(String key) {
    return new SendOptions(id, Names.checkToken("message key", key), headers);
  }

  /**
   * Adds a header; a later value of the same name wins. At most 64 headers of 1 KiB each, beside
   * {@code traceparent} and {@code tracestate}: the W3C trace context, which a handler hands on to
   * what it sends on its own thread. One that is set here is sent in place of that.
   *
   * @throws InvalidConfigException if the name is not 1 to 256 bytes of UTF-8 without control
   *     characters, or is one that Millrace writes itself: {@code redriven}, {@code dead.} and
   *     more, {@code rpc.} and more
   */
  public SendOptions header(String name, String value) {
    var changed = new LinkedHashMap<>(headers);
    changed.put(checkHeader(Names.checkToken("header name", name)), value);
    return new SendOptions(id, key, Collections.unmodifiableMap(changed));
  }

  /** A redrive would take them off, or change them; servers of requests go by theirs. */
  private static String checkHeader(String name) {
    if (name.startsWith("dead.") || name.startsWith("rpc.") || name.equals("redriven")) {
      throw new InvalidConfigException(
          "set a header",
          List.of(
              "header name '"
                  + Names.printable(name)
                  + "' is one that Millrace writes itself; rename it"));
    }
    return name;
  }

  /** The chosen id, if any. */
  public Optional<String> id() {
    return Optional.ofNullable(id);
  }

  /** The key, if any. */
  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  /** The headers, unmodifiable. */
  public Map<String, String> headers() {
    return headers;
  }
}
