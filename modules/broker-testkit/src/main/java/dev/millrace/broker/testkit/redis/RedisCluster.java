package dev.millrace.broker.testkit.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** A Redis Cluster of three masters without replicas, as processes of our own. */
public final class RedisCluster implements AutoCloseable {
  private static final int SLOTS = 16_384;
  private static final int NODES = 3;

  private final List<RedisServer> nodes;

  private RedisCluster(List<RedisServer> nodes) {
    this.nodes = List.copyOf(nodes);
  }

  /** Starts the nodes, joins them, and waits until each says that all slots are served. */
  public static RedisCluster start(String... options) {
    var nodes = new ArrayList<RedisServer>();
    var cluster = new RedisClusterParts(nodes);
    try {
      for (int i = 0; i < NODES; i++) {
        nodes.add(cluster.node(options));
      }
      cluster.join(SLOTS);
      return new RedisCluster(nodes);
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

  /** Its nodes. */
  public List<RedisServer> nodes() {
    return nodes;
  }

  @Override
  public void close() {
    nodes.forEach(RedisServer::close);
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
                  "2000"));
      all.addAll(List.of(options));
      return RedisServer.startOwn(all.toArray(String[]::new));
    }

    void join(int slots) {
      int share = slots / nodes.size();
      for (int i = 0; i < nodes.size(); i++) {
        int last = i == nodes.size() - 1 ? slots - 1 : (i + 1) * share - 1;
        nodes
            .get(i)
            .command(
                "CLUSTER", "ADDSLOTSRANGE", Integer.toString(i * share), Integer.toString(last));
        // Distinct epochs from the start; nodes that agree on one need a round to sort it out.
        nodes.get(i).command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
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
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> nodes.stream().allMatch(this::complete));
    }

    private boolean complete(RedisServer node) {
      String info = node.text("CLUSTER", "INFO");
      return info.contains("cluster_state:ok")
          && info.contains("cluster_known_nodes:" + nodes.size());
    }
  }
}
