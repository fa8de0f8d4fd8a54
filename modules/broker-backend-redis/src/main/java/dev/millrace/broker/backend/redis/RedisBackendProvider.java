package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendProvider;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.backend.redis.internal.connection.Opening;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl;
import dev.millrace.broker.backend.redis.internal.log.RedisEventBus;
import dev.millrace.broker.backend.redis.internal.reader.RedisReaders;
import java.lang.System.Logger.Level;
import java.util.Set;

/**
 * Opens Redis (7.0 or newer) and Valkey (7.2 or newer): one server, a Unix socket, a master watched
 * by Sentinels, a cluster. Found by {@link java.util.ServiceLoader}; thread-safe.
 */
public final class RedisBackendProvider implements BackendProvider {
  private static final System.Logger LOG = System.getLogger(RedisBackendProvider.class.getName());

  /** For the service loader. */
  public RedisBackendProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("redis", "rediss", "redis-socket", "redis-sentinel", "redis-cluster");
  }

  @Override
  public String grammar() {
    return RedisUrl.GRAMMAR;
  }

  @Override
  public Backend open(BackendUrl url, BackendContext context) {
    RedisConnections connections =
        Opening.open(
            RedisUrl.parse(url), context, warning -> LOG.log(Level.WARNING, "{0}", warning));
    var events = new RedisEventBus(connections);
    return new RedisBackend(connections, RedisReaders.create(connections, events), events);
  }
}
