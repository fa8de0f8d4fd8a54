package dev.millrace.broker.api;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An ordered map of field names to bytes: what a stream entry holds, and what a Redis client of any
 * language sends with {@code XADD}. Text is UTF-8. Immutable and thread-safe; byte arrays are
 * copied on the way in and out.
 *
 * <p>Names that begin with an underscore belong to Millrace's own headers and are refused when a
 * message is sent, and so are more than 1,000 fields.
 */
public final class Fields {
  private static final String BUILD = "build field";
  private static final String READ = "read field";
  private static final Fields EMPTY = new Fields(new LinkedHashMap<>());

  private final Map<String, byte[]> values;

  private Fields(Map<String, byte[]> values) {
    this.values = values;
  }

  /** No field at all. */
  public static Fields empty() {
    return EMPTY;
  }

  /**
   * Fields from alternating names and values, in that order.
   *
   * @param namesAndScalars a name, its value, a name, its value…; a value is a {@link
   *     CharSequence}, a {@link Number}, a {@link Boolean}, a {@link Character}, an {@link Enum} or
   *     {@code byte[]}
   * @throws FieldException if the count is odd, a name is not text, is empty or comes twice, or a
   *     value is null or of another type; the message names the field
   */
  public static Fields of(Object... namesAndScalars) {
    if (namesAndScalars.length % 2 != 0) {
      throw new FieldException(
          BUILD,
          "fields",
          "Fields.of takes names and values in turn and got "
              + namesAndScalars.length
              + " arguments: the last name has no value",
          "Add the value",
          null);
    }
    var builder = builder();
    for (int i = 0; i < namesAndScalars.length; i += 2) {
      if (!(namesAndScalars[i] instanceof String name)) {
        throw new FieldException(
            BUILD,
            "fields",
            "argument "
                + (i + 1)
                + " of Fields.of must be a field name, a String, and is "
                + kindOf(namesAndScalars[i]),
            "Give names and values in turn",
            null);
      }
      builder.put(name, scalar(name, namesAndScalars[i + 1]));
    }
    return builder.build();
  }

  /**
   * Fields from a map, in its iteration order. Values as in {@link #of}.
   *
   * @throws FieldException as {@link #of}
   */
  public static Fields from(Map<String, ?> map) {
    var builder = builder();
    map.forEach((name, value) -> builder.put(name, scalar(name, value)));
    return builder.build();
  }

  /** An empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The field's bytes as UTF-8 text; malformed bytes become U+FFFD.
   *
   * @throws FieldException if there is no such field; the message lists those there are
   */
  public String text(String name) {
    return new String(require(name), StandardCharsets.UTF_8);
  }

  /** The field as text, or empty if there is no such field. */
  public Optional<String> find(String name) {
    byte[] value = values.get(name);
    return value == null
        ? Optional.empty()
        : Optional.of(new String(value, StandardCharsets.UTF_8));
  }

  /**
   * The field as a decimal integer.
   *
   * @throws FieldException if there is no such field, or it is not a decimal {@code long}
   */
  public long integer(String name) {
    String text = text(name);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notANumber) {
      throw new FieldException(
          READ,
          name,
          "it is not an integer (" + text.length() + " characters)",
          "Read it as text, or look at who sent it",
          notANumber);
    }
  }

  /**
   * A copy of the field's bytes.
   *
   * @throws FieldException if there is no such field
   */
  public byte[] bytes(String name) {
    return require(name).clone();
  }

  /** Whether there is a field of this name. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** The names, in order. */
  public List<String> names() {
    return List.copyOf(values.keySet());
  }

  /** How many fields there are. */
  public int size() {
    return values.size();
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** All fields as text, in order; unmodifiable. */
  public Map<String, String> asMap() {
    var map = new LinkedHashMap<String, String>(values.size() * 2);
    values.forEach((name, value) -> map.put(name, new String(value, StandardCharsets.UTF_8)));
    return Collections.unmodifiableMap(map);
  }

  /** The bytes of all names and values: what counts against a size limit. */
  public long byteSize() {
    long size = 0;
    for (var field : values.entrySet()) {
      size += utf8Length(field.getKey()) + field.getValue().length;
    }
    return size;
  }

  /**
   * Calls {@code visitor} with each field in order. The array is the one held inside, for backends
   * that would otherwise copy each message: it must not be changed or kept.
   */
  public void forEachRaw(RawVisitor visitor) {
    values.forEach(visitor::field);
  }

  /** Sees names and values without a copy. */
  @FunctionalInterface
  public interface RawVisitor {
    /** One field; {@code value} must be neither changed nor kept. */
    void field(String name, byte[] value);
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Fields that) || that.values.size() != values.size()) {
      return false;
    }
    var mine = values.entrySet().iterator();
    for (var theirs : that.values.entrySet()) {
      var field = mine.next();
      if (!field.getKey().equals(theirs.getKey())
          || !Arrays.equals(field.getValue(), theirs.getValue())) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (var field : values.entrySet()) {
      hash = 31 * hash + field.getKey().hashCode();
      hash = 31 * hash + Arrays.hashCode(field.getValue());
    }
    return hash;
  }

  /** Names and sizes, never values: those may be secret. */
  @Override
  public String toString() {
    var parts = new ArrayList<String>();
    values.forEach((name, value) -> parts.add(name + "(" + value.length + " B)"));
    return "Fields" + parts;
  }

  private byte[] require(String name) {
    byte[] value = values.get(name);
    if (value == null) {
      throw new FieldException(
          READ,
          name,
          "there is no such field; the message has " + names(),
          "Ask has() or find() where it may be absent",
          null);
    }
    return value;
  }

  private static byte[] scalar(String name, @org.jspecify.annotations.Nullable Object value) {
    if (value instanceof byte[] bytes) {
      return bytes.clone();
    }
    if (value instanceof CharSequence
        || value instanceof Number
        || value instanceof Boolean
        || value instanceof Character) {
      return value.toString().getBytes(StandardCharsets.UTF_8);
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().getBytes(StandardCharsets.UTF_8);
    }
    throw new FieldException(
        BUILD,
        name,
        "a value must be text, a number, a boolean, an enum or byte[], and is " + kindOf(value),
        "Send objects with sendPayload",
        null);
  }

  private static String kindOf(@org.jspecify.annotations.Nullable Object value) {
    return value == null ? "null" : value.getClass().getName();
  }

  private static int utf8Length(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f) {
        return text.getBytes(StandardCharsets.UTF_8).length;
      }
    }
    return text.length();
  }

  /** Collects fields in order; not thread-safe. */
  public static final class Builder {
    // Most messages have a payload and little else.
    private LinkedHashMap<String, byte[]> values = new LinkedHashMap<>(4);
    private boolean built;

    private Builder() {}

    /** Adds text. */
    public Builder put(String name, String value) {
      return add(name, value.getBytes(StandardCharsets.UTF_8), true);
    }

    /** Adds bytes, copied. */
    public Builder put(String name, byte[] value) {
      return add(name, value.clone(), true);
    }

    /**
     * Adds bytes without a copy, the last one winning where a name comes twice: for backends, which
     * own the array and must take whatever a foreign client has written.
     */
    public Builder putRaw(String name, byte[] value) {
      return add(name, value, false);
    }

    private Builder add(String name, byte[] value, boolean strict) {
      Objects.requireNonNull(name, "field name");
      if (built) {
        values = new LinkedHashMap<>(values);
        built = false;
      }
      if (strict && name.isEmpty()) {
        throw new FieldException(BUILD, name, "a field name must not be empty", "Name it", null);
      }
      if (values.put(name, value) != null && strict) {
        throw new FieldException(BUILD, name, "it is given twice", "Use another name", null);
      }
      return this;
    }

    /** The fields so far. */
    public Fields build() {
      built = true;
      return values.isEmpty() ? EMPTY : new Fields(values);
    }
  }
}
