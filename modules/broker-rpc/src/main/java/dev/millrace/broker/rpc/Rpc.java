package dev.millrace.broker.rpc;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.spi.GroupRef;

/** Makes clients and servers of requests; new and not started. Thread-safe. */
public final class Rpc {
  /** All servers of a stream are one group, whatever group their process has for its tasks. */
  private static final String SERVERS = "servers";

  private final RpcContext context;

  /** For one manager. */
  public Rpc(RpcContext context) {
    this.context = context;
  }

  /**
   * A client.
   *
   * @param stream the stream of tasks beside which the requests travel
   * @param onClosed run once when it is closed
   */
  public RequestClient client(String name, String stream, Runnable onClosed) {
    return new DefaultRequestClient(name, servers(stream), context, onClosed);
  }

  /**
   * A server.
   *
   * @param stream as of {@link #client}
   * @param slots how many requests it answers at once
   * @param onClosed run once when it is closed
   */
  public RequestServer server(String name, String stream, int slots, Runnable onClosed) {
    return new DefaultRequestServer(name, servers(stream), slots, context, onClosed);
  }

  private static GroupRef servers(String stream) {
    return new GroupRef(Names.requests(stream), SERVERS);
  }

  /** Where callers tell that they do not want an answer any more. */
  static String cancelChannel(GroupRef servers) {
    return servers.stream() + ":cancel";
  }

  /** Where all servers are asked at once. */
  static String allChannel(GroupRef servers) {
    return servers.stream() + ":all";
  }
}
