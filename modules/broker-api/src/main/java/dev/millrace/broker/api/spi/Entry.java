package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Fields;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A message as a backend keeps it. How id, type, key and headers are written beside the fields is
 * the backend's choice, and documented for each. Immutable.
 */
public final class Entry {
  private final @Nullable String id;
  private final @Nullable String type;
  private final @Nullable String key;
  private final Map<String, String> headers;
  private final Fields fields;

  /**
   * From its parts.
   *
   * @param id the message's id; null only for entries that another program wrote
   * @param headers in order; copied
   */
  public Entry(
      @Nullable String id,
      @Nullable String type,
      @Nullable String key,
      Map<String, String> headers,
      Fields fields) {
    this.id = id;
    this.type = type;
    this.key = key;
    this.headers =
        headers.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    this.fields = fields;
  }

  /** Plain fields under an id. */
  public static Entry of(String id, Fields fields) {
    return new Entry(id, null, null, Map.of(), fields);
  }

  /** The message's id; empty for an entry that another program wrote without one. */
  public Optional<String> id() {
    return Optional.ofNullable(id);
  }

  /** The logical type. */
  public Optional<String> type() {
    return Optional.ofNullable(type);
  }

  /** The key. */
  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  /** The headers, unmodifiable, in order. */
  public Map<String, String> headers() {
    return headers;
  }

  /** The fields. */
  public Fields fields() {
    return fields;
  }

  /** The same entry with another id. */
  public Entry withId(String newId) {
    return new Entry(newId, type, key, headers, fields);
  }

  /** The same entry with more headers; those of the same name are replaced. */
  public Entry withHeaders(Map<String, String> more) {
    var all = new LinkedHashMap<>(headers);
    all.putAll(more);
    return new Entry(id, type, key, all, fields);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Entry that
        && Objects.equals(id, that.id)
        && Objects.equals(type, that.type)
        && Objects.equals(key, that.key)
        && headers.equals(that.headers)
        && fields.equals(that.fields);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, type, key, headers, fields);
  }

  /** Id, type and names; never values. */
  @Override
  public String toString() {
    return "Entry[id="
        + id
        + ", type="
        + type
        + ", headers="
        + headers.keySet()
        + ", "
        + fields
        + "]";
  }
}
