package dev.millrace.broker.manager;

import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.Routes;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;

/** Routes under a prefix. */
final class BrokerRoutes implements Routes {
  private final String prefix;
  private final TaskRouter router;
  private final Runnable added;
  private final EventRoutes events;

  /** Registers a handler of events. */
  interface EventRoutes {
    /** A subscription; started, if the broker is. */
    Subscription add(SubscriptionConfig config, Handler<? super Message> handler);
  }

  BrokerRoutes(String prefix, TaskRouter router, Runnable added, EventRoutes events) {
    this.prefix = prefix;
    this.router = router;
    this.added = added;
    this.events = events;
  }

  @Override
  public Routes prefix(String more) {
    return new BrokerRoutes(prefix + Names.check("prefix", more) + ".", router, added, events);
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
}
