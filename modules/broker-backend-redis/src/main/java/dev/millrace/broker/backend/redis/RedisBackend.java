package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.Health;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Schedules;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.facet.RedisAudit;
import dev.millrace.broker.backend.redis.internal.facet.RedisBackups;
import dev.millrace.broker.backend.redis.internal.facet.RedisCoordination;
import dev.millrace.broker.backend.redis.internal.facet.RedisHistory;
import dev.millrace.broker.backend.redis.internal.facet.RedisHousekeeping;
import dev.millrace.broker.backend.redis.internal.facet.RedisMover;
import dev.millrace.broker.backend.redis.internal.facet.RedisPending;
import dev.millrace.broker.backend.redis.internal.facet.RedisReplies;
import dev.millrace.broker.backend.redis.internal.facet.RedisRequests;
import dev.millrace.broker.backend.redis.internal.facet.RedisSchedules;
import dev.millrace.broker.backend.redis.internal.facet.RedisServerClock;
import dev.millrace.broker.backend.redis.internal.facet.RedisTrimming;
import dev.millrace.broker.backend.redis.internal.log.Generations;
import dev.millrace.broker.backend.redis.internal.log.ReaderFactory;
import dev.millrace.broker.backend.redis.internal.log.RedisEventBus;
import dev.millrace.broker.backend.redis.internal.log.RedisStreamLog;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A Redis, put together from its parts. */
final class RedisBackend implements Backend {
  private static final System.Logger LOG = System.getLogger(RedisBackend.class.getName());
  private static final long CLOSING_SECONDS = 5;

  private final RedisConnections connections;
  private final ReaderFactory readers;
  private final RedisStreamLog log;
  private final RedisEventBus events;
  private final Map<Class<?>, Object> facets;
  private final BackendFeatures features;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Takes over the connections. */
  RedisBackend(RedisConnections connections, ReaderFactory readers, RedisEventBus events) {
    this.connections = connections;
    this.readers = readers;
    var generations = new Generations(connections.context());
    this.log = new RedisStreamLog(connections, readers, generations);
    this.events = events;
    this.features = RedisFeatures.of(connections.fsyncs(), connections.shards().isPresent());
    this.facets =
        Map.ofEntries(
            Map.entry(Leases.class, readers),
            Map.entry(History.class, new RedisHistory(connections)),
            Map.entry(Pending.class, new RedisPending(connections)),
            Map.entry(Trimming.class, new RedisTrimming(connections)),
            Map.entry(Housekeeping.class, new RedisHousekeeping(connections)),
            Map.entry(Mover.class, new RedisMover(connections, readers)),
            Map.entry(Backups.class, new RedisBackups(connections, generations)),
            Map.entry(Audit.class, new RedisAudit(connections, log, readers)),
            Map.entry(Schedules.class, new RedisSchedules(connections)),
            Map.entry(Coordination.class, new RedisCoordination(connections)),
            Map.entry(ServerClock.class, new RedisServerClock(connections)),
            Map.entry(ReplyInbox.class, new RedisReplies(events)),
            Map.entry(Requests.class, new RedisRequests(connections)));
  }

  @Override
  public String name() {
    return connections.name();
  }

  @Override
  public BackendContext context() {
    return connections.context();
  }

  @Override
  public BackendFeatures features() {
    return features;
  }

  @Override
  public StreamLog log() {
    return log;
  }

  @Override
  public EventBus events() {
    return events;
  }

  @Override
  public CompletionStage<Health> health() {
    var clock = connections.context().clock();
    long asked = clock.nanoTime();
    return connections
        .shared()
        .ping()
        .handle(
            (pong, error) ->
                error == null
                    ? new Health(true, pong, Optional.of(clock.nanoTime() - asked))
                    : new Health(
                        false,
                        String.valueOf(
                            RedisErrors.translate("check health", name(), error).getMessage()),
                        Optional.empty()));
  }

  @Override
  public <F> Optional<F> facet(Class<F> facet) {
    return Optional.ofNullable(facets.get(facet)).map(facet::cast);
  }

  /** Readers first: what they hand back needs the connections. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      await("readers", readers.close());
      await("subscriptions", events.close());
    } finally {
      connections.close();
    }
  }

  private void await(String what, CompletionStage<?> closing) {
    try {
      closing.toCompletableFuture().get(CLOSING_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException late) {
      LOG.log(Level.WARNING, "closing the " + what + " of " + name() + " was not finished", late);
    }
  }
}
