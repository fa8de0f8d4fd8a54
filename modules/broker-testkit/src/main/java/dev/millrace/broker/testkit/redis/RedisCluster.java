package dev.millrace.broker.testkit.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A Redis Cluster of three masters, as processes of our own; with a replica for each or without.
 */
public final class RedisCluster implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int SLOTS = 16_384;
  private static final int MASTERS = 3;

  private final List<RedisServer> nodes;
  private final List<RedisServer> replicas;

  private RedisCluster(List<RedisServer> nodes, List<RedisServer> replicas) {
    this.nodes = List.copyOf(nodes);
    this.replicas = List.copyOf(replicas);
  }

  /** Starts three masters, joins them, and waits until each says that all slots are served. */
  public static RedisCluster start(String... options) {
    return start(0, options);
  }

  /**
   * The same, each master with a replica that is in step and takes its place when it dies: after
   * about three seconds.
   */
  public static RedisCluster startWithReplicas(String... options) {
    return start(MASTERS, options);
  }

  private static RedisCluster start(int replicas, String... options) {
    var nodes = new ArrayList<RedisServer>();
    var parts = new RedisClusterParts(nodes);
    try {
      for (int i = 0; i < MASTERS + replicas; i++) {
        nodes.add(parts.node(options));
      }
      parts.join(SLOTS, MASTERS);
      parts.replicate(MASTERS);
      return new RedisCluster(nodes.subList(0, MASTERS), nodes.subList(MASTERS, nodes.size()));
    } catch (RuntimeException failure) {
      nodes.forEach(RedisServer::close);
      throw failure;
    }
  }

  /** The URL of the cluster: {@code redis-cluster://host:port,host:port,host:port}. */
  public String url() {
    return "redis-cluster://"
        + String.join(",", nodes.stream().map(node -> node.host() + ":" + node.port()).toList());
  }

  /** The nodes that began as masters. */
  public List<RedisServer> nodes() {
    return nodes;
  }

  /** The nodes that began as replicas, in the order of their masters. */
  public List<RedisServer> replicas() {
    return replicas;
  }

  /** The node that says of itself that it is the master of this key, or channel. */
  public RedisServer owner(String key) {
    String slot =
        nodes.stream()
            .filter(RedisServer::alive)
            .findFirst()
            .orElseThrow()
            .text("CLUSTER", "KEYSLOT", key);
    Predicate<RedisServer> owns = node -> node.alive() && owns(node, Integer.parseInt(slot));
    return all().filter(owns).findFirst().orElseThrow();
  }

  private Stream<RedisServer> all() {
    return Stream.concat(nodes.stream(), replicas.stream());
  }

  private static boolean owns(RedisServer node, int slot) {
    String myself =
        node.text("CLUSTER", "NODES")
            .lines()
            .filter(line -> line.contains("myself,master"))
            .findFirst()
            .orElse("");
    return Stream.of(myself.split(" ", -1)).skip(8).anyMatch(range -> holds(range, slot));
  }

  private static boolean holds(String range, int slot) {
    if (range.startsWith("[")) {
      return false; // on its way
    }
    String[] ends = range.split("-", 2);
    return Integer.parseInt(ends[0]) <= slot && slot <= Integer.parseInt(ends[ends.length - 1]);
  }

  /** Kills the master of this key and waits until its replica has taken over; returns that. */
  public RedisServer failover(String key) {
    RedisServer master = owner(key);
    RedisServer heir = replicas.get(nodes.indexOf(master));
    master.kill();
    awaitRole(heir, "master");
    return heir;
  }

  /** Has the master of this key, which is well, change places with its replica; returns that. */
  public RedisServer handOver(String key) {
    RedisServer master = owner(key);
    RedisServer heir = replicas.get(nodes.indexOf(master));
    heir.command("CLUSTER", "FAILOVER");
    awaitRole(heir, "master");
    awaitRole(master, "slave");
    return heir;
  }

  private static void awaitRole(RedisServer node, String role) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> node.info("replication", "role").equals(role));
  }

  /**
   * Begins to move the slot of this key: its keys stay, and what is asked for and not there is sent
   * to the new node.
   */
  public Move beginMove(String key, RedisServer to) {
    var move = new Move(owner(key), to, owner(key).text("CLUSTER", "KEYSLOT", key));
    to.command("CLUSTER", "SETSLOT", move.slot(), "IMPORTING", id(move.from()));
    move.from().command("CLUSTER", "SETSLOT", move.slot(), "MIGRATING", id(to));
    return move;
  }

  /**
   * A slot under way.
   *
   * @param from who has it
   * @param to who gets it
   * @param slot its number
   */
  public record Move(RedisServer from, RedisServer to, String slot) {
    /** Moves its keys. */
    public void moveKeys() {
      while (from.command("CLUSTER", "GETKEYSINSLOT", slot, "10") instanceof List<?> keys
          && !keys.isEmpty()) {
        for (Object key : keys) {
          from.command(
              "MIGRATE", to.host(), Integer.toString(to.port()), String.valueOf(key), "0", "5000");
        }
      }
    }

    /** Moves the keys that are left, and then says to both who has it now. */
    public void end() {
      moveKeys();
      to.command("CLUSTER", "SETSLOT", slot, "NODE", id(to));
      from.command("CLUSTER", "SETSLOT", slot, "NODE", id(to));
    }
  }

  private static String id(RedisServer node) {
    return node.text("CLUSTER", "MYID");
  }

  @Override
  public void close() {
    all().forEach(RedisServer::close);
  }

  /** The steps of making one. */
  private record RedisClusterParts(List<RedisServer> nodes) {
    RedisServer node(String... options) {
      var all =
          new ArrayList<>(
              List.of(
                  "--cluster-enabled",
                  "yes",
                  "--cluster-port",
                  Integer.toString(FreePorts.one()),
                  "--cluster-node-timeout",
                  "2000",
                  "--repl-diskless-sync-delay",
                  "0"));
      all.addAll(List.of(options));
      return RedisServer.startOwn(all.toArray(String[]::new));
    }

    void join(int slots, int masters) {
      int share = slots / masters;
      for (int i = 0; i < nodes.size(); i++) {
        // Distinct epochs from the start; nodes that agree on one need a round to sort it out.
        nodes.get(i).command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
      }
      for (int i = 0; i < masters; i++) {
        int last = i == masters - 1 ? slots - 1 : (i + 1) * share - 1;
        nodes
            .get(i)
            .command(
                "CLUSTER", "ADDSLOTSRANGE", Integer.toString(i * share), Integer.toString(last));
      }
      RedisServer first = nodes.getFirst();
      for (RedisServer other : nodes.subList(1, nodes.size())) {
        first.command(
            "CLUSTER",
            "MEET",
            other.host(),
            Integer.toString(other.port()),
            other.text("CONFIG", "GET", "cluster-port").replaceAll("[^0-9]", ""));
      }
      awaitAll(this::complete);
    }

    void replicate(int masters) {
      List<RedisServer> replicas = nodes.subList(masters, nodes.size());
      for (int i = 0; i < replicas.size(); i++) {
        replicas.get(i).command("CLUSTER", "REPLICATE", id(nodes.get(i)));
      }
      for (RedisServer replica : replicas) {
        Awaitility.await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(50))
            .until(() -> replica.info("replication", "master_link_status").equals("up"));
      }
      // Each knows of each replica: the URL's nodes tell clients of them.
      awaitAll(
          node ->
              node.text("CLUSTER", "NODES").lines().filter(line -> line.contains("slave")).count()
                  == replicas.size());
    }

    private void awaitAll(Predicate<RedisServer> is) {
      Awaitility.await()
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> nodes.stream().allMatch(is));
    }

    private boolean complete(RedisServer node) {
      String info = node.text("CLUSTER", "INFO");
      return info.contains("cluster_state:ok")
          && info.contains("cluster_known_nodes:" + nodes.size());
    }
  }
}
