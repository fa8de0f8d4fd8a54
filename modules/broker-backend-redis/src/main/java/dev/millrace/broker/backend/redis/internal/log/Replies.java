package dev.millrace.broker.backend.redis.internal.log;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads replies that are lists of names and values in turn. */
public final class Replies {
  private Replies() {}

  /** As a map, which may hold null. */
  public static Map<String, @Nullable Object> map(Object reply) {
    var map = new LinkedHashMap<String, @Nullable Object>();
    if (reply instanceof List<?> list) {
      for (int i = 0; i + 1 < list.size(); i += 2) {
        map.put(text(list.get(i)), list.get(i + 1));
      }
    }
    return map;
  }

  /** As a map of texts. */
  static Map<String, String> texts(Object reply) {
    var map = new LinkedHashMap<String, String>();
    map(reply).forEach((name, value) -> map.put(name, text(value)));
    return map;
  }

  /** As text; bytes are UTF-8. */
  public static String text(@Nullable Object value) {
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.UTF_8)
        : String.valueOf(value);
  }

  static long number(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : 0;
  }
}
