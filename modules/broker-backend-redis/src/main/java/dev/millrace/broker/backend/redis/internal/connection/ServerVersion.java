package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.BackendException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Whether the server is new enough: Redis 7.0 or Valkey 7.2. */
final class ServerVersion {
  private ServerVersion() {}

  /**
   * Looks at what INFO said; says nothing about what it did not say.
   *
   * @return what is dangerous about the server's settings
   * @throws BackendException if the server is too old
   */
  static Optional<String> check(String name, String info) {
    Map<String, String> values = new TreeMap<>();
    info.lines()
        .map(line -> line.split(":", 2))
        .filter(pair -> pair.length == 2)
        .forEach(pair -> values.put(pair[0].strip(), pair[1].strip()));
    String valkey = values.get("valkey_version");
    String redis = values.get("redis_version");
    if (valkey != null && below(valkey, 7, 2)) {
      throw tooOld(name, "Valkey " + valkey);
    }
    if (valkey == null && redis != null && below(redis, 7, 0)) {
      throw tooOld(name, "Redis " + redis);
    }
    String policy = values.getOrDefault("maxmemory_policy", "noeviction");
    if (policy.equals("noeviction")) {
      return Optional.empty();
    }
    String loss =
        policy.startsWith("allkeys")
            ? "keys of any kind when its memory runs short (maxmemory-policy "
                + policy
                + "): whole streams with unread messages would go"
            : "keys with a lifetime when its memory runs short (maxmemory-policy "
                + policy
                + "): what it remembers of sends would go, and repeats would be stored twice";
    return Optional.of(name + " evicts " + loss + ". Set it to noeviction");
  }

  private static BackendException tooOld(String name, String found) {
    return new BackendException(
        "connect",
        name,
        "VERSION",
        "the server is " + found,
        "Millrace needs Redis 7.0 or Valkey 7.2 or newer",
        null);
  }

  private static boolean below(String version, int major, int minor) {
    String[] parts = version.split("\\.", -1);
    int foundMajor = RedisUrlParser.number(parts[0]);
    int foundMinor = parts.length < 2 ? 0 : RedisUrlParser.number(parts[1]);
    return foundMajor >= 0 && (foundMajor < major || (foundMajor == major && foundMinor < minor));
  }
}
