package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Kind;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Secret;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Takes a URL apart by hand, because {@link java.net.URI} knows no lists of hosts and repeats the
 * whole text, password included, in its errors. Whatever stands before the last {@code @} may be
 * secret and is never quoted.
 */
final class RedisUrlParser {
  private static final int PORT = 6379;
  private static final int SENTINEL_PORT = 26379;
  private static final int MAX_DATABASE = 1_000_000;

  private final List<String> faults = new ArrayList<>();
  private final BackendUrl url;
  private final Kind kind;

  RedisUrlParser(BackendUrl url) {
    this.url = url;
    this.kind =
        switch (url.scheme()) {
          case "redis", "rediss" -> Kind.SERVER;
          case "redis-socket" -> Kind.SOCKET;
          case "redis-sentinel" -> Kind.SENTINEL;
          case "redis-cluster" -> Kind.CLUSTER;
          default -> throw new IllegalArgumentException("not a scheme of Redis: " + url.scheme());
        };
  }

  RedisUrl parse() {
    String rest = url.reveal().substring(url.scheme().length() + 1);
    if (!rest.startsWith("//")) {
      faults.add("there is no // after " + url.scheme() + ":");
      throw refused();
    }
    rest = rest.substring(2);
    // A socket's path may have an @; user and password never begin with a slash.
    int at = kind == Kind.SOCKET && rest.startsWith("/") ? -1 : rest.lastIndexOf('@');
    Optional<String> user = Optional.empty();
    Optional<Secret> password = Optional.empty();
    if (at >= 0) {
      String login = rest.substring(0, at);
      int colon = login.indexOf(':');
      user = decoded("user", colon < 0 ? "" : login.substring(0, colon));
      password = decoded("password", login.substring(colon + 1)).map(Secret::new);
      if (password.isEmpty()) {
        faults.add("the password before the @ is empty");
      }
      rest = rest.substring(at + 1);
    }
    String fragment = after(rest, '#');
    rest = before(rest, '#');
    var options = new RedisUrlOptions(after(rest, '?'), kind, faults);
    rest = before(rest, '?');

    List<Node> nodes = List.of();
    Optional<Path> socket = Optional.empty();
    int database = options.database();
    if (kind == Kind.SOCKET) {
      socket = socket(rest);
    } else {
      nodes = nodes(before(rest, '/'));
      String path = after(rest, '/');
      database = path.isEmpty() ? database : database(path);
    }
    Optional<String> master = decoded("master name", fragment).or(options::master);
    checkMaster(fragment, master);
    var parsed =
        new RedisUrl(
            kind,
            nodes,
            socket,
            user,
            password,
            database,
            master,
            url.scheme().equals("rediss") || options.tls(),
            options.build());
    if (!faults.isEmpty()) {
      throw refused();
    }
    return parsed;
  }

  private void checkMaster(String fragment, Optional<String> master) {
    if (kind == Kind.SENTINEL && master.isEmpty()) {
      faults.add("the name of the master is missing; add #mymaster at the end");
    } else if (kind != Kind.SENTINEL && !fragment.isEmpty()) {
      faults.add("only redis-sentinel:// has a part after #; write # in a password as %23");
    }
  }

  private Optional<Path> socket(String path) {
    if (!path.startsWith("/") || path.length() < 2) {
      faults.add(
          "the path of the socket is missing or not absolute; write redis-socket:///run/redis.sock");
      return Optional.empty();
    }
    return decoded("path", path).filter(text -> text.indexOf('\0') < 0).map(Path::of);
  }

  private List<Node> nodes(String text) {
    if (text.isEmpty()) {
      faults.add("the host is missing");
      return List.of();
    }
    List<Node> nodes = Stream.of(text.split(",", -1)).map(this::node).toList();
    if (nodes.size() > 1 && kind == Kind.SERVER) {
      faults.add("redis:// has one host; several are for redis-sentinel:// and redis-cluster://");
    }
    return nodes;
  }

  private Node node(String text) {
    String host = text;
    String port = "";
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      if (end < 0) {
        faults.add("'" + Names.printable(text) + "' has no closing ]");
        return new Node("", PORT);
      }
      host = text.substring(1, end);
      port = text.substring(end + 1);
      if (!port.isEmpty() && !port.startsWith(":")) {
        faults.add("after the ] of '" + Names.printable(text) + "' there may only be :PORT");
        port = "";
      }
    } else if (text.indexOf(':') >= 0) {
      host = text.substring(0, text.indexOf(':'));
      port = text.substring(text.indexOf(':'));
      if (port.indexOf(':', 1) >= 0) {
        faults.add(
            "write the IPv6 address '" + Names.printable(text) + "' in brackets: [::1]:6379");
        port = "";
      }
    }
    if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ' || c == 0x7f || c == '%')) {
      faults.add(
          host.isEmpty() ? "a host is missing" : "'" + Names.printable(host) + "' is no host");
    }
    return new Node(host, port.isEmpty() ? defaultPort() : port(port.substring(1)));
  }

  private int defaultPort() {
    return kind == Kind.SENTINEL ? SENTINEL_PORT : PORT;
  }

  private int port(String text) {
    int port = number(text);
    if (port < 1 || port > 65_535) {
      faults.add("port '" + Names.printable(text) + "' is not a number from 1 to 65535");
      return PORT;
    }
    return port;
  }

  private int database(String text) {
    int number = number(text);
    if (number < 0 || number > MAX_DATABASE) {
      faults.add("database '" + Names.printable(text) + "' is not a number from 0");
      return 0;
    }
    if (number > 0 && kind == Kind.CLUSTER) {
      faults.add("a cluster has only database 0");
    }
    return number;
  }

  /** A decimal number of at most nine digits, or -1. */
  static int number(String text) {
    return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
  }

  private Optional<String> decoded(String what, String text) {
    Optional<String> decoded = Percent.decode(text);
    if (decoded.isEmpty()) {
      faults.add("the " + what + " has a % that is not followed by two hex digits; write % as %25");
    }
    return decoded.filter(value -> !value.isEmpty());
  }

  private InvalidConfigException refused() {
    var all = new ArrayList<>(faults);
    all.add("the grammar is:\n" + RedisUrl.GRAMMAR + "\n");
    return new InvalidConfigException("connect", url.toString(), all);
  }

  private static String before(String text, char mark) {
    int at = text.indexOf(mark);
    return at < 0 ? text : text.substring(0, at);
  }

  private static String after(String text, char mark) {
    int at = text.indexOf(mark);
    return at < 0 ? "" : text.substring(at + 1);
  }
}
