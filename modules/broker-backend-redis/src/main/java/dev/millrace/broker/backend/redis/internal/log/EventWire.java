package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An event as the text of a pub/sub message, see {@code docs/wire-format.md}: the line {@code
 * millrace/1}, a line {@code name=value} for each wire field with special bytes as {@code %XX}, an
 * empty line, and the field {@code payload} as it is; a line {@code payload} without a value marks
 * its place. What does not begin so came from a foreign publisher and is one field {@code payload}.
 */
public final class EventWire {
  private static final String PAYLOAD = "payload";
  private static final byte[] MAGIC = "millrace/1\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PLACE = "payload\n".getBytes(StandardCharsets.US_ASCII);
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private EventWire() {}

  /** The message of an event. */
  public static byte[] write(Entry event) {
    var out = new ByteArrayOutputStream(256);
    out.writeBytes(MAGIC);
    var body = new ByteArrayOutputStream(0);
    EntryWire.write(
        event,
        (name, value) -> {
          if (name.equals(PAYLOAD)) {
            body.writeBytes(value);
            out.writeBytes(PLACE);
            return;
          }
          escape(out, name.getBytes(StandardCharsets.UTF_8), true);
          out.write('=');
          escape(out, value, false);
          out.write('\n');
        });
    out.write('\n');
    out.writeBytes(body.toByteArray());
    return out.toByteArray();
  }

  /** The event of a message, whoever wrote it. */
  public static Entry read(byte[] message) {
    Map<String, byte[]> wire = new LinkedHashMap<>();
    return parse(message, wire)
        ? EntryWire.read(wire)
        : new Entry(null, null, null, Map.of(), Fields.builder().putRaw(PAYLOAD, message).build());
  }

  /** False for a message that is not written in this way throughout. */
  private static boolean parse(byte[] message, Map<String, byte[]> wire) {
    if (message.length < MAGIC.length
        || Arrays.mismatch(message, 0, MAGIC.length, MAGIC, 0, MAGIC.length) >= 0) {
      return false;
    }
    int at = MAGIC.length;
    while (true) {
      int end = indexOf(message, '\n', at, message.length);
      if (end < 0) {
        return false;
      }
      if (end == at) {
        return body(message, at + 1, wire);
      }
      int equals = indexOf(message, '=', at, end);
      byte[] name = unescape(message, at, equals < 0 ? end : equals);
      byte[] value = equals < 0 ? new byte[0] : unescape(message, equals + 1, end);
      if (name == null || value == null) {
        return false;
      }
      wire.put(new String(name, StandardCharsets.UTF_8), value);
      at = end + 1;
    }
  }

  private static boolean body(byte[] message, int from, Map<String, byte[]> wire) {
    if (from < message.length || wire.containsKey(PAYLOAD)) {
      wire.put(PAYLOAD, Arrays.copyOfRange(message, from, message.length));
    }
    return true;
  }

  private static boolean special(byte b, boolean name) {
    return b < ' ' || b == 0x7f || b == '%' || (name && b == '=');
  }

  private static void escape(ByteArrayOutputStream out, byte[] bytes, boolean name) {
    int plain = 0;
    while (plain < bytes.length && !special(bytes[plain], name)) {
      plain++;
    }
    out.write(bytes, 0, plain); // mostly all
    for (int i = plain; i < bytes.length; i++) {
      byte b = bytes[i];
      if (special(b, name)) {
        out.write('%');
        out.write(HEX[(b >> 4) & 0xf]);
        out.write(HEX[b & 0xf]);
      } else {
        out.write(b);
      }
    }
  }

  private static byte @Nullable [] unescape(byte[] message, int from, int to) {
    int escaped = indexOf(message, '%', from, to);
    if (escaped < 0) {
      return Arrays.copyOfRange(message, from, to);
    }
    var out = new ByteArrayOutputStream(to - from);
    out.write(message, from, escaped - from);
    for (int i = escaped; i < to; i++) {
      if (message[i] != '%') {
        out.write(message[i]);
        continue;
      }
      int high = i + 2 < to ? Character.digit(message[i + 1], 16) : -1;
      int low = i + 2 < to ? Character.digit(message[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        return null;
      }
      out.write(high * 16 + low);
      i += 2;
    }
    return out.toByteArray();
  }

  private static int indexOf(byte[] bytes, char mark, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == mark) {
        return i;
      }
    }
    return -1;
  }
}
