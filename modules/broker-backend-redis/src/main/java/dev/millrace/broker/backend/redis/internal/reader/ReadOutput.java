package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes the reply of XREADGROUP (RESP2) apart as it comes, straight into arrivals: every message
 * passes here. Fed by one thread.
 */
final class ReadOutput extends CommandOutput<String, byte[], Map<String, List<Arrival>>> {
  static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  private static final int KNOWN_NAMES = 8;
  private static final byte[] NOTHING = {};

  /** What comes next. */
  private enum Next {
    STREAMS,
    STREAM,
    STREAM_NAME,
    ENTRIES,
    ENTRY,
    ENTRY_ID,
    FIELDS,
    FIELD_NAME,
    FIELD_VALUE
  }

  /** Entries of a stream mostly have the same few names. */
  private final byte[][] nameBytes = new byte[KNOWN_NAMES][];

  private final String[] names = new String[KNOWN_NAMES];
  private int known;

  private Next next = Next.STREAMS;
  private List<Arrival> entries = List.of();
  private int entriesLeft;

  /** Ids and known names are not kept as bytes. */
  private byte[] scratch = new byte[48];

  private String id = "";
  private String field = "";
  private int valuesLeft;
  private Arrival.Parts parts = new Arrival.Parts();

  ReadOutput() {
    super(CODEC, Map.of());
  }

  @Override
  public void multi(int count) {
    switch (next) {
      case STREAMS -> {
        if (count > 0) {
          output = HashMap.newHashMap(count);
          next = Next.STREAM;
        }
      }
      case STREAM -> next = Next.STREAM_NAME;
      case ENTRIES -> {
        entriesLeft = count;
        next = count > 0 ? Next.ENTRY : Next.STREAM;
      }
      case ENTRY -> next = Next.ENTRY_ID;
      case FIELDS -> {
        valuesLeft = count;
        parts = new Arrival.Parts();
        next = Next.FIELD_NAME;
        if (count <= 0) {
          endEntry();
        }
      }
      default -> throw new IllegalStateException("an array instead of " + next);
    }
  }

  @Override
  public void set(ByteBuffer bytes) {
    switch (next) {
      // Nothing came in time.
      case STREAMS -> {}
      case STREAM_NAME -> {
        entries = new ArrayList<>();
        output.put(UTF_8.decode(bytes).toString(), entries);
        next = Next.ENTRIES;
      }
      case ENTRY_ID -> {
        int length = fill(bytes);
        id = new String(scratch, 0, length, UTF_8);
        next = Next.FIELDS;
      }
      case FIELDS -> multi(0);
      case FIELD_NAME -> {
        field = name(bytes);
        next = Next.FIELD_VALUE;
      }
      case FIELD_VALUE -> {
        parts.field(field, array(bytes));
        valuesLeft -= 2;
        next = Next.FIELD_NAME;
        if (valuesLeft <= 0) {
          endEntry();
        }
      }
      default -> throw new IllegalStateException("a text instead of " + next);
    }
  }

  private void endEntry() {
    entries.add(parts.arrival(id));
    next = --entriesLeft > 0 ? Next.ENTRY : Next.STREAM;
  }

  private String name(ByteBuffer bytes) {
    int length = fill(bytes);
    for (int i = 0; i < known; i++) {
      byte[] each = nameBytes[i];
      if (Arrays.equals(each, 0, each.length, scratch, 0, length)) {
        return names[i];
      }
    }
    String name = new String(scratch, 0, length, UTF_8);
    if (known < KNOWN_NAMES) {
      nameBytes[known] = Arrays.copyOf(scratch, length);
      names[known++] = name;
    }
    return name;
  }

  /** Puts them into the scratch array; how many. */
  @SuppressWarnings("ConstantValue") // as below
  private int fill(ByteBuffer bytes) {
    int length = bytes == null ? 0 : bytes.remaining();
    if (length > scratch.length) {
      scratch = new byte[length];
    }
    if (length > 0) {
      bytes.get(scratch, 0, length);
    }
    return length;
  }

  @SuppressWarnings("ConstantValue") // Lettuce gives null for a null reply
  private static byte[] array(ByteBuffer bytes) {
    if (bytes == null) {
      return NOTHING;
    }
    byte[] array = new byte[bytes.remaining()];
    bytes.get(array);
    return array;
  }
}
