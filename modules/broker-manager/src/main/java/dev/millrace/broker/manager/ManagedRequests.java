package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.rpc.Rpc;
import dev.millrace.broker.rpc.RpcContext;
import dev.millrace.broker.streams.StreamsContext;
import java.util.List;

/** Makes the clients and servers of requests of one manager, each registered. */
final class ManagedRequests {
  private static final int MOST_SLOTS = 10_000;

  private final Rpc rpc;
  private final Requirements requirements;
  private final Registry registry;

  ManagedRequests(
      BrokerConfig config, StreamsContext context, Requirements requirements, Registry registry) {
    this.rpc = new Rpc(rpcContext(config, context));
    this.requirements = requirements;
    this.registry = registry;
  }

  private static RpcContext rpcContext(BrokerConfig config, StreamsContext context) {
    return new RpcContext(
        context.backend(),
        context.codec(),
        context.clock(),
        context.random(),
        context.telemetry(),
        context.maxMessageBytes(),
        config.resultsKept(),
        config.lease(),
        context.closeDeadline(),
        context.patience(),
        context.interceptors());
  }

  RequestClient client(String name, String stream) {
    String operation = "create request client";
    Registry.checkName(name);
    Names.check("stream name", stream);
    requirements.checkRequests(operation, name);
    return registry.add(
        operation,
        name,
        "request client",
        unregister -> Registry.started(rpc.client(name, stream, unregister)));
  }

  RequestServer server(String name, String stream, int slots) {
    String operation = "create request server";
    Registry.checkName(name);
    Names.check("stream name", stream);
    if (slots < 1 || slots > MOST_SLOTS) {
      throw new InvalidConfigException(
          operation, name, List.of("slots is " + slots + "; it goes from 1 to " + MOST_SLOTS));
    }
    requirements.checkRequests(operation, name);
    return registry.add(
        operation,
        name,
        "request server",
        unregister -> rpc.server(name, stream, slots, unregister));
  }
}
