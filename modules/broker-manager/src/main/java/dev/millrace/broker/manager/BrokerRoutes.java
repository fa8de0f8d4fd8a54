package dev.millrace.broker.manager;

import dev.millrace.broker.api.EventHandler;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.RequestHandler;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.Routes;
import dev.millrace.broker.api.StreamingRequestHandler;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;

/** Routes under a prefix. */
final class BrokerRoutes implements Routes {
  private final String prefix;
  private final TaskRouter router;
  private final Runnable added;
  private final EventRoutes events;
  private final RequestRoutes requests;

  /** Registers a handler of events. */
  interface EventRoutes {
    /** A subscription; started, if the broker is. */
    Subscription add(SubscriptionConfig config, Handler<? super Message> handler);
  }

  /** Registers handlers of requests. */
  interface RequestRoutes {
    /** For a server that is started, if the broker is. */
    void add(java.util.function.Consumer<RequestServer> registration);
  }

  BrokerRoutes(
      String prefix,
      TaskRouter router,
      Runnable added,
      EventRoutes events,
      RequestRoutes requests) {
    this.prefix = prefix;
    this.router = router;
    this.added = added;
    this.events = events;
    this.requests = requests;
  }

  @Override
  public Routes prefix(String more) {
    return new BrokerRoutes(
        prefix + Names.check("prefix", more) + ".", router, added, events, requests);
  }

  @Override
  public <T> void onTask(String type, TypeRef<T> payload, Handler<? super T> handler) {
    onTask(
        type,
        payload,
        (T value, dev.millrace.broker.api.Delivery delivery) -> {
          handler.handle(value);
          return Outcome.done();
        });
  }

  @Override
  public <T> void onTask(String type, TypeRef<T> payload, OutcomeHandler<? super T> handler) {
    router.add(prefix + type, payload, handler);
    added.run();
  }

  @Override
  public <T> Subscription onEvent(
      SubscriptionConfig config, TypeRef<T> payload, Handler<? super T> handler) {
    return events.add(
        config.under(prefix), message -> handler.handle(TaskRouter.value(message, payload)));
  }

  @Override
  public <T> Subscription onEvent(
      SubscriptionConfig config, TypeRef<T> payload, EventHandler<? super T> handler) {
    return events.add(
        config.under(prefix),
        message -> handler.handle(TaskRouter.value(message, payload), message));
  }

  @Override
  public <Q, A> void onRequest(
      String type, TypeRef<Q> query, RequestHandler<? super Q, ? extends A> handler) {
    requests.add(server -> server.onRequest(prefix + type, query, handler));
  }

  @Override
  public <Q, P> void onRequest(
      String type, TypeRef<Q> query, StreamingRequestHandler<? super Q, P> handler) {
    requests.add(server -> server.onRequest(prefix + type, query, handler));
  }
}
