package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Kind;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The query of a URL. Values may be secret and are never quoted. */
final class RedisUrlOptions {
  // The first connection of a cold JVM on a busy machine has been seen to take more than 5 s.
  private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration DEFAULT_COMMAND_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration LEAST_CONNECT_TIMEOUT = Duration.ofMillis(10);

  /**
   * A shorter pause of either side is everyday (a collection of garbage, a fork for a snapshot),
   * and each would break the connection with all that is under way on it.
   */
  private static final Duration LEAST_COMMAND_TIMEOUT = Duration.ofMillis(100);

  private static final Duration MOST_TIMEOUT = Duration.ofMinutes(10);
  private static final int DEFAULT_IN_FLIGHT = 65_536;
  private static final int MOST_IN_FLIGHT = 1_000_000;
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");
  private static final List<String> KNOWN =
      List.of(
          "connectTimeout",
          "commandTimeout",
          "maxInFlight",
          "tls",
          "caFile",
          "certFile",
          "keyFile",
          "db",
          "master",
          "sentinelUser",
          "sentinelPassword",
          "events");

  private final Map<String, String> values = new LinkedHashMap<>();
  private final Kind kind;
  private final List<String> faults;

  RedisUrlOptions(String query, Kind kind, List<String> faults) {
    this.kind = kind;
    this.faults = faults;
    for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      add(pair);
    }
  }

  private void add(String pair) {
    int equals = pair.indexOf('=');
    String name = equals < 0 ? pair : pair.substring(0, equals);
    if (!KNOWN.contains(name)) {
      faults.add(
          "'" + Names.printable(name) + "' is no option; there are " + String.join(" ", KNOWN));
      return;
    }
    Optional<String> value = Percent.decode(equals < 0 ? "" : pair.substring(equals + 1));
    if (value.isEmpty() || value.get().isEmpty()) {
      faults.add("option " + name + " has no value, or a % that is not followed by two hex digits");
    } else if (values.put(name, value.get()) != null) {
      faults.add("option " + name + " is given twice");
    }
  }

  RedisUrl.Options build() {
    if (kind != Kind.SENTINEL) {
      refuse("master", "only redis-sentinel:// has a master");
      refuse("sentinelUser", "only redis-sentinel:// has Sentinels");
      refuse("sentinelPassword", "only redis-sentinel:// has Sentinels");
    }
    if (kind != Kind.CLUSTER) {
      refuse("events", "only redis-cluster:// has shards; leave it out, or use redis-cluster://");
    }
    if (kind == Kind.SOCKET) {
      refuse("tls", "a Unix socket has no TLS");
    }
    Optional<Path> cert = file("certFile");
    Optional<Path> key = file("keyFile");
    if (cert.isPresent() != key.isPresent()) {
      faults.add("certFile and keyFile go together");
    }
    return new RedisUrl.Options(
        duration("connectTimeout", DEFAULT_CONNECT_TIMEOUT, LEAST_CONNECT_TIMEOUT),
        duration("commandTimeout", DEFAULT_COMMAND_TIMEOUT, LEAST_COMMAND_TIMEOUT),
        inFlight(),
        file("caFile"),
        cert,
        key,
        Optional.ofNullable(values.get("sentinelUser")),
        Optional.ofNullable(values.get("sentinelPassword")).map(Secret::new),
        shardedEvents());
  }

  Optional<String> master() {
    return Optional.ofNullable(values.get("master"));
  }

  boolean tls() {
    String value = values.getOrDefault("tls", "false");
    if (!value.equals("true") && !value.equals("false")) {
      faults.add("option tls is true or false");
    }
    return value.equals("true");
  }

  int database() {
    String value = values.getOrDefault("db", "0");
    int number = RedisUrlParser.number(value);
    if (number < 0) {
      faults.add("option db is not a number from 0");
    } else if (number > 0 && kind == Kind.CLUSTER) {
      faults.add("a cluster has only database 0");
    }
    return Math.max(0, number);
  }

  private void refuse(String name, String why) {
    if (values.containsKey(name)) {
      faults.add("option " + name + " does not belong here: " + why);
    }
  }

  private boolean shardedEvents() {
    String value = values.getOrDefault("events", "plain");
    if (!value.equals("plain") && !value.equals("sharded")) {
      faults.add("option events is plain or sharded");
    }
    return value.equals("sharded");
  }

  private int inFlight() {
    String value = values.get("maxInFlight");
    int number = value == null ? DEFAULT_IN_FLIGHT : RedisUrlParser.number(value);
    if (number < 1 || number > MOST_IN_FLIGHT) {
      faults.add("option maxInFlight is not a number from 1 to " + MOST_IN_FLIGHT);
    }
    return number;
  }

  private Duration duration(String name, Duration byDefault, Duration least) {
    String value = values.get(name);
    if (value == null) {
      return byDefault;
    }
    Matcher parts = DURATION.matcher(value);
    if (parts.matches()) {
      long number = Long.parseLong(parts.group(1));
      Duration duration =
          switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            default -> Duration.ofMinutes(number);
          };
      if (duration.compareTo(least) >= 0 && duration.compareTo(MOST_TIMEOUT) <= 0) {
        return duration;
      }
    }
    faults.add(
        "option "
            + name
            + " is a time from "
            + least.toMillis()
            + "ms to 10m, such as 500ms or 5s");
    return byDefault;
  }

  private Optional<Path> file(String name) {
    String value = values.get(name);
    if (value == null || value.indexOf('\0') >= 0 || !Files.isReadable(Path.of(value))) {
      if (value != null) {
        faults.add("the file of option " + name + " cannot be read");
      }
      return Optional.empty();
    }
    return Optional.of(Path.of(value));
  }
}
