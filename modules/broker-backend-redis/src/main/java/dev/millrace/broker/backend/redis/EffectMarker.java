package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The key that says that an effect was made. A digest of (stream, group, message id): names may
 * have colons, and two messages taken for one would lose an effect.
 */
final class EffectMarker {
  private EffectMarker() {}

  static String key(Delivery delivery, List<String> keys) {
    if (keys.isEmpty()) {
      throw new InvalidConfigException(
          "make an effect", List.of("the effect has no key; give it at least one"));
    }
    return "{"
        + tag(keys.getFirst())
        + "}:effect:"
        + digest(delivery.message().stream(), delivery.group(), delivery.message().id());
  }

  /** For people. */
  static String text(Delivery delivery) {
    return delivery.message().stream() + " " + delivery.group() + " " + delivery.message().id();
  }

  /** What Redis Cluster hashes of a key. */
  private static String tag(String key) {
    int open = key.indexOf('{');
    int close = open < 0 ? -1 : key.indexOf('}', open + 1);
    String tag = close > open + 1 ? key.substring(open + 1, close) : key;
    if (tag.isEmpty() || tag.indexOf('}') >= 0) {
      throw new InvalidConfigException(
          "make an effect",
          List.of(
              "no other key can be in the slot of '"
                  + Names.printable(key)
                  + "'; give it a {tag}, or no '}'"));
    }
    return tag;
  }

  private static String digest(String... parts) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        sha.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
        sha.update(bytes);
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }
}
