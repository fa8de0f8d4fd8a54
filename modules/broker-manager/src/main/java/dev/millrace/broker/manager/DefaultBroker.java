package dev.millrace.broker.manager;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.EventHandler;
import dev.millrace.broker.api.Handler;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestHandler;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.Routes;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.StreamingRequestHandler;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The facade: one producer and, once they are needed, one consumer of the task stream, one client
 * and one server of requests, all in the manager like any other.
 */
public final class DefaultBroker implements Broker {
  private static final Logger LOG = LoggerFactory.getLogger(DefaultBroker.class);
  private static final String PRODUCER = "broker:tasks";
  private static final String CONSUMER = "broker:worker";
  private static final String EVENTS = "broker:events-";
  private static final String CLIENT = "broker:requests";
  private static final String SERVER = "broker:server";

  private final BrokerConfig config;
  private final StreamManager streams;
  private final Producer tasks;
  private final TaskRouter router = new TaskRouter();
  private final BrokerRoutes routes =
      new BrokerRoutes("", router, this::handlerAdded, this::subscribe, this::addRequests);
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Guards what follows: whether handling was asked for, and what waits for that. */
  private final ReentrantLock starting = new ReentrantLock();

  private final List<Subscription> waiting = new ArrayList<>();
  private boolean startAsked;
  private boolean consuming;
  private int subscriptions;
  private @Nullable RequestServer server;

  /** Guards the making of the client. */
  private final ReentrantLock asking = new ReentrantLock();

  private volatile @Nullable RequestClient client;

  /** On a manager, which the broker shuts down with itself. */
  public DefaultBroker(BrokerConfig config, StreamManager streams) {
    this.config = config;
    this.streams = streams;
    this.tasks = streams.createSimpleProducer(PRODUCER, config.streamConfig());
  }

  @Override
  public SendResult enqueue(String type, Object payload, SendOptions options) {
    return tasks.sendPayload(type, payload, options);
  }

  @Override
  public CompletableFuture<SendResult> enqueueAsync(
      String type, Object payload, SendOptions options) {
    return tasks.sendPayloadAsync(type, payload, options);
  }

  @Override
  public List<SendResult> enqueueAll(String type, List<?> payloads) {
    return tasks.sendAllPayloads(type, payloads);
  }

  @Override
  public Routes prefix(String prefix) {
    return routes.prefix(prefix);
  }

  @Override
  public <T> void onTask(String type, TypeRef<T> payload, Handler<? super T> handler) {
    routes.onTask(type, payload, handler);
  }

  @Override
  public <T> void onTask(String type, TypeRef<T> payload, OutcomeHandler<? super T> handler) {
    routes.onTask(type, payload, handler);
  }

  @Override
  public StreamManager streams() {
    return streams;
  }

  @Override
  public void start() {
    starting.lock();
    try {
      startAsked = true;
      consume();
      if (server != null && isToStart(server)) {
        server.start();
      }
      waiting.stream().filter(DefaultBroker::isToStart).forEach(Component::start);
      waiting.clear();
    } finally {
      starting.unlock();
    }
  }

  /** Not what somebody has stopped or closed; but what could not start the last time. */
  private static boolean isToStart(Component made) {
    return made.state() == Component.State.NEW || made.state() == Component.State.FAILED;
  }

  @Override
  public <T> Subscription onEvent(
      SubscriptionConfig config, TypeRef<T> payload, Handler<? super T> handler) {
    return routes.onEvent(config, payload, handler);
  }

  @Override
  public <T> Subscription onEvent(
      SubscriptionConfig config, TypeRef<T> payload, EventHandler<? super T> handler) {
    return routes.onEvent(config, payload, handler);
  }

  private Subscription subscribe(SubscriptionConfig config, Handler<? super Message> handler) {
    starting.lock();
    try {
      String name = EVENTS + ++subscriptions;
      boolean startsNow = startAsked && config.autoStart();
      Subscription made =
          streams.createSubscription(
              name, config.toBuilder().autoStart(startsNow).build(), handler);
      if (!startAsked && config.autoStart()) {
        waiting.add(made);
      }
      return made;
    } finally {
      starting.unlock();
    }
  }

  @Override
  public <Q, A> void onRequest(
      String type, TypeRef<Q> query, RequestHandler<? super Q, ? extends A> handler) {
    routes.onRequest(type, query, handler);
  }

  @Override
  public <Q, P> void onRequest(
      String type, TypeRef<Q> query, StreamingRequestHandler<? super Q, P> handler) {
    routes.onRequest(type, query, handler);
  }

  private void addRequests(java.util.function.Consumer<RequestServer> registration) {
    starting.lock();
    try {
      RequestServer made = server;
      if (made == null) {
        made = streams.createRequestServer(SERVER, config.stream(), config.maxRequests());
        server = made;
      }
      registration.accept(made);
      if (startAsked && isToStart(made)) {
        made.start();
      }
    } finally {
      starting.unlock();
    }
  }

  @Override
  public RequestClient requests() {
    RequestClient made = client;
    if (made != null) {
      return made;
    }
    asking.lock();
    try {
      made = client;
      if (made == null) {
        made = streams.createRequestClient(CLIENT, config.stream());
        client = made;
      }
      return made;
    } finally {
      asking.unlock();
    }
  }

  private void handlerAdded() {
    starting.lock();
    try {
      consume();
    } finally {
      starting.unlock();
    }
  }

  /**
   * Under the lock. Reading begins only when it was asked for, so that no task meets half the
   * handlers.
   */
  private void consume() {
    if (!startAsked || consuming || router.isEmpty()) {
      return;
    }
    var consumer =
        ConsumerConfig.builder(config.stream())
            .group(config.consumerGroup())
            .concurrency(config.maxJobs())
            .lease(config.lease())
            .retry(config.retry())
            .build();
    streams.createConsumer(CONSUMER, consumer, router);
    consuming = true;
  }

  @Override
  public void run() {
    var hook = new Thread(this::close, "millrace-shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      start();
      closed.await();
    } catch (InterruptedException interrupted) {
      close();
      Thread.currentThread().interrupt();
    } finally {
      removeHook(hook);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      LOG.debug("the process is ending; its shutdown hook runs");
    }
  }

  @Override
  public DrainReport shutdown(Duration deadline) {
    DrainReport report = streams.shutdown(deadline);
    closed.countDown();
    return report;
  }

  @Override
  public void close() {
    shutdown(config.shutdownDeadline());
  }
}
