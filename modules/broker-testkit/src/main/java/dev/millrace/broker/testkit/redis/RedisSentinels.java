package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.testkit.fault.TcpGate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * A master with one replica, watched by three Sentinels, as processes of our own. The others, and
 * all who ask the Sentinels, come to the master through a gate; its own port leads past it.
 */
public final class RedisSentinels implements AutoCloseable {
  /** The name under which the Sentinels know the master. */
  public static final String MASTER = "millrace";

  private static final Duration READY = Duration.ofSeconds(30);

  private final RedisServer master;
  private final TcpGate gate;
  private final RedisServer replica;
  private final List<RedisServer> sentinels;

  private RedisSentinels(
      RedisServer master, TcpGate gate, RedisServer replica, List<RedisServer> sentinels) {
    this.master = master;
    this.gate = gate;
    this.replica = replica;
    this.sentinels = List.copyOf(sentinels);
  }

  /**
   * Starts all five and waits until the replica is in step and the Sentinels know each other.
   *
   * @param options of master and replica
   */
  public static RedisSentinels start(String... options) {
    var started = new ArrayList<AutoCloseable>();
    try {
      RedisServer master = add(started, RedisServer.startOwn(options));
      TcpGate gate = TcpGate.before(master.host(), master.port());
      started.add(gate);
      // As a replica, later on, it is to be known by the way to it that can be shut.
      master.command("CONFIG", "SET", "replica-announce-port", Integer.toString(gate.port()));
      var replicaOptions = new ArrayList<>(List.of(options));
      replicaOptions.addAll(
          List.of(
              "--replicaof", master.host() + " " + gate.port(), "--repl-diskless-sync-delay", "0"));
      RedisServer replica =
          add(started, RedisServer.startOwn(replicaOptions.toArray(String[]::new)));
      Awaitility.await()
          .atMost(READY)
          .until(() -> replica.info("replication", "master_link_status").equals("up"));
      var sentinels = new ArrayList<RedisServer>();
      for (int i = 0; i < 3; i++) {
        sentinels.add(add(started, sentinel(master.host(), gate.port())));
      }
      Awaitility.await().atMost(READY).until(() -> sentinels.stream().allMatch(Known::all));
      return new RedisSentinels(master, gate, replica, sentinels);
    } catch (RuntimeException failure) {
      for (AutoCloseable each : started.reversed()) {
        closeAfter(failure, each);
      }
      throw failure;
    }
  }

  private static void closeAfter(RuntimeException failure, AutoCloseable started) {
    try {
      started.close();
    } catch (Exception another) {
      failure.addSuppressed(another);
    }
  }

  private static RedisServer add(List<AutoCloseable> all, RedisServer one) {
    all.add(one);
    return one;
  }

  private static RedisServer sentinel(String host, int gate) {
    int port = FreePorts.one();
    Path folder = RedisStarter.folder();
    Path program = RedisStarter.program(folder);
    Path configuration = folder.resolve("sentinel.conf");
    try {
      Files.writeString(
          configuration,
          """
          port %d
          bind 127.0.0.1
          dir %s
          sentinel monitor %s %s %d 2
          sentinel down-after-milliseconds %s 1000
          sentinel failover-timeout %s 5000
          """
              .formatted(port, folder, MASTER, host, gate, MASTER, MASTER));
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot write " + configuration, failure);
    }
    var run =
        new ProcessRun(program, folder, port, List.of(configuration.toString(), "--sentinel"));
    var server = new RedisServer(run, "redis://127.0.0.1:" + port, List.of());
    server.start();
    return server;
  }

  /** The URL: {@code redis-sentinel://host:port,host:port,host:port/0#name}. */
  public String url() {
    return "redis-sentinel://"
        + String.join(",", sentinels.stream().map(each -> each.host() + ":" + each.port()).toList())
        + "/0#"
        + MASTER;
  }

  /** The server that began as the master. */
  public RedisServer master() {
    return master;
  }

  /** The server that began as the replica. */
  public RedisServer replica() {
    return replica;
  }

  /** The three Sentinels. */
  public List<RedisServer> sentinels() {
    return sentinels;
  }

  /** The port that the first Sentinel that answers gives for the master now. */
  public int masterPort() {
    for (RedisServer sentinel : sentinels) {
      if (sentinel.alive()
          && sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
              instanceof List<?> address) {
        return Integer.parseInt(String.valueOf(address.get(1)));
      }
    }
    return -1;
  }

  /** Of the two servers the one that the Sentinels give for the master now. */
  public RedisServer current() {
    return masterPort() == replica.port() ? replica : master;
  }

  /** The other one: the replica, or what is left of a master that was replaced. */
  public RedisServer other() {
    return masterPort() == replica.port() ? master : replica;
  }

  /**
   * The way to the server that began as the master, for all but those who were given its own port:
   * while it is shut, that server is alone with those.
   */
  public TcpGate gate() {
    return gate;
  }

  /** Has the Sentinels replace a master that is well. */
  public void failover() {
    sentinels.getFirst().command("SENTINEL", "FAILOVER", MASTER);
  }

  @Override
  public void close() {
    sentinels.forEach(RedisServer::close);
    replica.close();
    gate.close();
    master.close();
  }

  /** What a Sentinel has to have found. */
  private static final class Known {
    static boolean all(RedisServer sentinel) {
      String text = sentinel.text("INFO", "sentinel");
      return text.contains("status=ok")
          && text.contains("slaves=1")
          && text.contains("sentinels=3");
    }
  }
}
