package dev.millrace.broker.backend.redis.internal.facet;

import java.nio.charset.StandardCharsets;

/** Arguments of scripts. */
final class Args {
  private Args() {}

  static byte[] of(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] of(long number) {
    return of(Long.toString(number));
  }

  static byte[] of(boolean yes) {
    return of(yes ? "1" : "0");
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
