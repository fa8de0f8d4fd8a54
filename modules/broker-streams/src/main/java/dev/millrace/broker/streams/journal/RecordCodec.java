package dev.millrace.broker.streams.journal;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The bytes of a record. Counts and lengths are of seven bits a byte, the low ones first. */
final class RecordCodec {
  private static final byte[] ROOM = new byte[Frame.BODY];

  private RecordCodec() {}

  /** A frame with the record as its body; the rest of it is still empty. */
  static byte[] frame(JournalRecord record) {
    Entry entry = record.entry();
    var out = new Out();
    out.writeBytes(ROOM);
    out.text(record.stream());
    out.optional(record.unknown().map(Sent::line).orElse(null));
    if (record.unknown().isPresent()) {
      out.number(record.unknown().get().number());
    }
    out.number(record.idWindow().isPresent() ? 1 : 0);
    if (record.idWindow().isPresent()) {
      out.number(record.idWindow().get().toSeconds());
      out.number(record.idWindow().get().toNanosPart());
    }
    out.optional(entry.id().orElse(null));
    out.optional(entry.type().orElse(null));
    out.optional(entry.key().orElse(null));
    out.number(entry.headers().size());
    for (var header : entry.headers().entrySet()) {
      out.text(header.getKey());
      out.text(header.getValue());
    }
    out.number(entry.fields().size());
    entry
        .fields()
        .forEachRaw(
            (name, value) -> {
              out.text(name);
              out.bytes(value);
            });
    return out.toByteArray();
  }

  /** The stream of a body. */
  static String stream(byte[] bytes, int from) {
    return new In(bytes, from).text();
  }

  /** The record of a body. */
  static JournalRecord record(byte[] bytes, int from) {
    var in = new In(bytes, from);
    String stream = in.text();
    String line = in.optional();
    Optional<Sent> unknown =
        line == null ? Optional.empty() : Optional.of(new Sent(line, in.number()));
    Optional<Duration> window =
        in.number() == 0
            ? Optional.empty()
            : Optional.of(Duration.ofSeconds(in.number(), in.number()));
    String id = in.optional();
    String type = in.optional();
    String key = in.optional();
    Map<String, String> headers = new LinkedHashMap<>();
    for (long left = in.number(); left > 0; left--) {
      headers.put(in.text(), in.text());
    }
    var fields = Fields.builder();
    for (long left = in.number(); left > 0; left--) {
      fields.putRaw(in.text(), in.bytes());
    }
    return new JournalRecord(
        stream, unknown, window, new Entry(id, type, key, headers, fields.build()));
  }

  private static final class Out extends ByteArrayOutputStream {
    void number(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        write((int) ((rest & 0x7F) | 0x80));
        rest >>>= 7;
      }
      write((int) rest);
    }

    void bytes(byte[] value) {
      number(value.length);
      writeBytes(value);
    }

    void text(String value) {
      bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    void optional(@Nullable String value) {
      number(value == null ? 0 : 1);
      if (value != null) {
        text(value);
      }
    }
  }

  private static final class In {
    private final byte[] bytes;
    private int at;

    In(byte[] bytes, int from) {
      this.bytes = bytes;
      this.at = from;
    }

    long number() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = bytes[at++];
        value |= (next & 0x7FL) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    byte[] bytes() {
      int length = (int) number();
      byte[] value = new byte[length];
      System.arraycopy(bytes, at, value, 0, length);
      at += length;
      return value;
    }

    String text() {
      int length = (int) number();
      String value = new String(bytes, at, length, StandardCharsets.UTF_8);
      at += length;
      return value;
    }

    @Nullable String optional() {
      return number() == 0 ? null : text();
    }
  }
}
