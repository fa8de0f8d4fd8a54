package dev.millrace.broker.manager;

import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.Routes;
import dev.millrace.broker.api.TypeRef;

/** Routes under a prefix. */
final class TaskRoutes implements Routes {
  private final String prefix;
  private final TaskRouter router;
  private final Runnable added;

  TaskRoutes(String prefix, TaskRouter router, Runnable added) {
    this.prefix = prefix;
    this.router = router;
    this.added = added;
  }

  @Override
  public Routes prefix(String more) {
    return new TaskRoutes(prefix + Names.check("prefix", more) + ".", router, added);
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
}
