package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry as the fields of a Redis stream entry, see {@code docs/wire-format.md}: {@code _type},
 * the user's own fields in order, {@code _key}, {@code _h:NAME} for each header, {@code _id}. Read
 * back in any order, and whatever a foreign writer put there is kept.
 */
public final class EntryWire {
  /** The logical type. */
  public static final String TYPE = "_type";

  /** The key. */
  public static final String KEY = "_key";

  /** The message's id. */
  public static final String ID = "_id";

  /** What header names are prefixed with. */
  public static final String HEADER = "_h:";

  private EntryWire() {}

  /** Sees the wire fields of an entry in order; the arrays must be neither changed nor kept. */
  public static void write(Entry entry, Fields.RawVisitor out) {
    entry.type().ifPresent(type -> out.field(TYPE, utf8(type)));
    entry.fields().forEachRaw(out);
    entry.key().ifPresent(key -> out.field(KEY, utf8(key)));
    entry.headers().forEach((name, value) -> out.field(HEADER + name, utf8(value)));
    entry.id().ifPresent(id -> out.field(ID, utf8(id)));
  }

  /** How many wire fields an entry has. */
  public static int size(Entry entry) {
    return entry.fields().size()
        + entry.headers().size()
        + (entry.type().isPresent() ? 1 : 0)
        + (entry.key().isPresent() ? 1 : 0)
        + (entry.id().isPresent() ? 1 : 0);
  }

  /** The wire fields of an entry, in order. */
  public static Map<String, byte[]> write(Entry entry) {
    var fields = new LinkedHashMap<String, byte[]>();
    write(entry, fields::put);
    return fields;
  }

  /** The entry of wire fields, whose arrays it takes over. */
  public static Entry read(Map<String, byte[]> wire) {
    var reader = new Reader();
    wire.forEach(reader::field);
    return reader.entry();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Collects wire fields; what is not one of ours is the user's. */
  public static final class Reader {
    private final Fields.Builder fields = Fields.builder();
    private @Nullable String id;
    private @Nullable String type;
    private @Nullable String key;
    private @Nullable Map<String, String> headers;

    /** Of an empty entry. */
    public Reader() {}

    /** One field, whose array it takes over. */
    public void field(String name, byte[] value) {
      if (name.isEmpty() || name.charAt(0) != '_') {
        fields.putRaw(name, value);
      } else if (name.equals(ID) && value.length > 0) {
        id = text(value);
      } else if (name.equals(TYPE)) {
        type = text(value);
      } else if (name.equals(KEY)) {
        key = text(value);
      } else if (name.startsWith(HEADER) && name.length() > HEADER.length()) {
        headers = headers == null ? new LinkedHashMap<>() : headers;
        headers.put(name.substring(HEADER.length()), text(value));
      } else {
        fields.putRaw(name, value);
      }
    }

    /** The entry so far. */
    public Entry entry() {
      return new Entry(id, type, key, headers == null ? Map.of() : headers, fields.build());
    }

    private static String text(byte[] value) {
      return new String(value, StandardCharsets.UTF_8);
    }
  }
}
