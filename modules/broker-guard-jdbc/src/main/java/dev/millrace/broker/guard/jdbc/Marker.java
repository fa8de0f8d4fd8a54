package dev.millrace.broker.guard.jdbc;

import dev.millrace.broker.api.Delivery;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What stands for (stream, group, message id). A digest, because databases compare text without
 * case or trailing blanks and bound the length of keys: two messages taken for one would lose an
 * effect.
 */
record Marker(String digest, String stream, String group, String id) {
  /** As wide as its columns; only people read them, the digest decides. */
  static final int SHOWN = 255;

  static Marker of(Delivery delivery) {
    String stream = delivery.message().stream();
    String group = delivery.group();
    String id = delivery.message().id();
    return new Marker(digest(stream, group, id), shown(stream), shown(group), shown(id));
  }

  private static String digest(String... parts) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        // The length first, so that ("a", "bc") and ("ab", "c") differ.
        sha.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
        sha.update(bytes);
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }

  private static String shown(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN);
  }
}
