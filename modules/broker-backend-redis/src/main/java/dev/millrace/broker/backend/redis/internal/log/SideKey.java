package dev.millrace.broker.backend.redis.internal.log;

import java.util.Optional;

/**
 * A key beside a stream, taken apart. Where its stream ends and its group begins cannot be told
 * from the name alone: both may have {@code /}.
 *
 * @param key the key
 * @param base the name in braces
 * @param kind its kind
 * @param rest what follows behind the kind; empty: nothing
 */
public record SideKey(String key, String base, KeyKind kind, String rest) {
  /** Takes a key apart; empty: it is none of ours. */
  public static Optional<SideKey> of(String key) {
    int end = key.indexOf('}');
    if (!key.startsWith("{") || end < 2 || end + 1 >= key.length() || key.charAt(end + 1) != ':') {
      return Optional.empty();
    }
    String[] parts = key.substring(end + 2).split(":", 2);
    String rest = parts.length > 1 ? parts[1] : "";
    return KeyKind.of(parts[0])
        .filter(kind -> kind.takes(rest))
        .map(kind -> new SideKey(key, key.substring(1, end), kind, rest));
  }

  /** What it is, in words. */
  public String words() {
    return rest.isEmpty() ? kind.words() : kind.words() + " '" + rest + "'";
  }

  /** The stream that the key is beside, as far as the name tells. */
  public String stream() {
    boolean besideASideStream =
        kind.owner() == KeyKind.Owner.STREAM && kind != KeyKind.DEAD && !rest.isEmpty();
    return besideASideStream ? "{" + base + "}:" + rest.replaceFirst("/", ":") : base;
  }
}
