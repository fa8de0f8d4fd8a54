package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.BackendUrl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where a Redis is and how to talk to it. {@code toString} is the URL without credentials.
 *
 * @param kind how it is reached
 * @param nodes the server; the Sentinels; nodes of the cluster to begin with; none for a socket
 * @param socket the Unix socket's path, where it is one
 * @param user whom to log in as; empty: the default user
 * @param password its password
 * @param database which database
 * @param master the name by which the Sentinels know the master
 * @param tls encrypted, with the server's name verified
 * @param options the rest
 */
public record RedisUrl(
    Kind kind,
    List<Node> nodes,
    Optional<Path> socket,
    Optional<String> user,
    Optional<Secret> password,
    int database,
    Optional<String> master,
    boolean tls,
    Options options) {

  /** The grammar, a line each. */
  public static final String GRAMMAR =
      """
      redis://[[USER:]PASSWORD@]HOST[:PORT][/DATABASE][?OPTIONS]
      rediss://…                      the same with TLS
      redis-socket://[[USER:]PASSWORD@]/PATH[?db=DATABASE]
      redis-sentinel://[[USER:]PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE]#MASTER
      redis-cluster://[[USER:]PASSWORD@]HOST[:PORT][,HOST[:PORT]…][?events=plain|sharded]
      PORT is 6379 (Sentinel: 26379) and DATABASE 0 by default; write special characters of user \
      and password as %XX. OPTIONS are joined by &: connectTimeout=10s commandTimeout=5s \
      maxInFlight=65536 tls=true caFile=PATH certFile=PATH keyFile=PATH db=N master=NAME \
      sentinelUser=USER sentinelPassword=PASSWORD""";

  /** Copies the list. */
  public RedisUrl {
    nodes = List.copyOf(nodes);
  }

  /**
   * Parses.
   *
   * @throws InvalidConfigException with every fault and the grammar; no secret is in it
   */
  public static RedisUrl parse(BackendUrl url) {
    return new RedisUrlParser(url).parse();
  }

  @Override
  public String toString() {
    var text = new StringBuilder(kind.scheme(tls)).append("://");
    if (user.isPresent() || password.isPresent()) {
      text.append("***@");
    }
    socket.ifPresent(text::append);
    for (int i = 0; i < nodes.size(); i++) {
      text.append(i == 0 ? "" : ",").append(nodes.get(i));
    }
    if (database != 0) {
      text.append(socket.isPresent() ? "?db=" : "/").append(database);
    }
    if (options.shardedEvents()) {
      text.append("?events=sharded"); // a backend without patterns: errors that name it say why
    }
    master.ifPresent(name -> text.append('#').append(name));
    return text.toString();
  }

  /** How a Redis is reached. */
  public enum Kind {
    /** One server. */
    SERVER("redis"),
    /** One server on this machine, by a Unix socket. */
    SOCKET("redis-socket"),
    /** A master that Sentinels watch. */
    SENTINEL("redis-sentinel"),
    /** A cluster. */
    CLUSTER("redis-cluster");

    private final String scheme;

    Kind(String scheme) {
      this.scheme = scheme;
    }

    String scheme(boolean tls) {
      return this == SERVER && tls ? "rediss" : scheme;
    }
  }

  /**
   * A host and a port.
   *
   * @param host a name or an address, IPv6 without brackets
   */
  public record Node(String host, int port) {
    @Override
    public String toString() {
      return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
  }

  /**
   * What must not be printed.
   *
   * @param reveal its text
   */
  public record Secret(String reveal) {
    @Override
    public String toString() {
      return "***";
    }
  }

  /**
   * The options of the query.
   *
   * @param connectTimeout how long opening may take
   * @param commandTimeout how long a command waits for its answer; blocking reads have this beyond
   *     their block
   * @param maxInFlight how many entries may be on their way to the server at once
   * @param caFile certificates to trust instead of the platform's, PEM
   * @param certFile the client's certificate, PEM
   * @param keyFile the client's private key, PEM
   * @param sentinelUser whom to log in to the Sentinels as
   * @param sentinelPassword its password
   * @param shardedEvents whether an event goes to one shard of the cluster only, and not to all
   *     nodes
   */
  public record Options(
      Duration connectTimeout,
      Duration commandTimeout,
      int maxInFlight,
      Optional<Path> caFile,
      Optional<Path> certFile,
      Optional<Path> keyFile,
      Optional<String> sentinelUser,
      Optional<Secret> sentinelPassword,
      boolean shardedEvents) {}
}
