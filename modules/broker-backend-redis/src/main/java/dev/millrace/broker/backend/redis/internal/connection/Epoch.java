package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the lives of a connection. It rises when one is lost, before the next one can carry
 * anything, and once more when the next one is there.
 */
final class Epoch implements RedisConnectionStateListener {
  private static final System.Logger LOG = System.getLogger(Epoch.class.getName());

  private final AtomicLong count = new AtomicLong(1);
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final List<Runnable> mourners = new CopyOnWriteArrayList<>();
  private volatile boolean up = true;

  long value() {
    return count.get();
  }

  boolean up() {
    return up;
  }

  AutoCloseable onReconnect(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  AutoCloseable onLoss(Runnable listener) {
    mourners.add(listener);
    return () -> mourners.remove(listener);
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
    up = false;
    count.incrementAndGet();
    tell(mourners);
  }

  @Override
  public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
    count.incrementAndGet();
    up = true;
    tell(listeners);
  }

  private static void tell(List<Runnable> all) {
    for (Runnable listener : all) {
      try {
        listener.run();
      } catch (RuntimeException failed) {
        LOG.log(Level.ERROR, "a listener to the life of connections failed", failed);
      }
    }
  }
}
