package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.backend.redis.internal.connection.Opening;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.ScriptOutputType;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Makes each message's effect on a Redis once for each group, however often the message is
 * delivered: the effect and a marker for (stream, group, message id) are written by one script.
 *
 * <pre>{@code
 * effects.once(
 *     delivery, "redis.call('INCRBY', KEYS[1], ARGV[1])", List.of("{shop}:sold"), List.of("2"));
 * }</pre>
 *
 * <p>The marker lies in the slot of the first key, so the first key of a message's effect has to be
 * the same in each attempt, and all keys have to be in that slot on a cluster. Redis takes nothing
 * back: an effect that fails half-way leaves what it wrote and no marker, so it should check before
 * its first write. Fencing tokens are not looked at: of two attempts at once whichever comes first
 * makes the effect.
 *
 * <p>Thread-safe; it has connections of its own until it is closed.
 */
public final class RedisEffects implements AutoCloseable {
  /** How long markers stay unless told otherwise. */
  public static final Duration KEPT = Duration.ofDays(7);

  private static final System.Logger LOG = System.getLogger(RedisEffects.class.getName());
  private static final String OPERATION = "make an effect";
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final RedisConnections connections;
  private final String guarded = Scripts.load("effect-once").body();
  private final long keptMillis;

  private RedisEffects(RedisConnections connections, long keptMillis) {
    this.connections = connections;
    this.keptMillis = keptMillis;
  }

  /** As {@link #connect(String, Duration)}, with markers that stay for seven days. */
  public static RedisEffects connect(String url) {
    return connect(url, KEPT);
  }

  /**
   * Connects to the Redis of the effects, which need not be that of the messages. Blocks.
   *
   * @param url as for a broker
   * @param kept how long markers stay, from a millisecond on: longer than a message may take to
   *     come back, its time in the dead letters included
   * @throws dev.millrace.broker.api.BackendUnavailableException if it cannot be reached
   * @throws InvalidConfigException if the URL is not understood, or the time is too short
   */
  public static RedisEffects connect(String url, Duration kept) {
    if (kept.toMillis() < 1) {
      throw new InvalidConfigException(
          "guard effects", List.of("markers kept for " + kept + ": at least PT0.001S is needed"));
    }
    RedisConnections opened =
        Opening.open(
            RedisUrl.parse(BackendUrl.of(url)),
            BackendContext.standalone("effects"),
            warning -> LOG.log(Level.WARNING, "{0}", warning));
    return new RedisEffects(opened, kept.toMillis());
  }

  /**
   * Makes the effect, unless it was made before for this message and group. Blocks.
   *
   * @param luaEffect a Lua script's text, which finds its keys and arguments in {@code KEYS} and
   *     {@code ARGV}; always the same text, since Redis keeps each that it has seen
   * @param keys at least one
   * @return false if it was made before, and nothing was written
   * @throws InvalidConfigException if there is no key, or the first one cannot share its slot
   * @throws dev.millrace.broker.api.BrokerException as Redis failed; where the answer was lost the
   *     effect may have been made, and the next attempt finds out
   */
  public boolean once(Delivery delivery, String luaEffect, List<String> keys, List<String> args) {
    var allKeys = new ArrayList<String>(keys.size() + 1);
    allKeys.add(EffectMarker.key(delivery, keys));
    allKeys.addAll(keys);
    var allArgs = new ArrayList<byte[]>(args.size() + 2);
    allArgs.add(utf8(Long.toString(keptMillis)));
    allArgs.add(utf8(EffectMarker.text(delivery)));
    args.forEach(each -> allArgs.add(utf8(each)));
    CompletionStage<Long> made =
        Scripts.run(
            connections.shared(),
            Scripts.of("effect", guarded.replace("\nEFFECT\n", "\n" + luaEffect + "\n")),
            ScriptOutputType.INTEGER,
            allKeys.toArray(String[]::new),
            allArgs.toArray(byte[][]::new));
    String component = delivery.message().id();
    return Stages.await(
            RedisErrors.typed(OPERATION, component, made), PATIENCE, OPERATION, component)
        == 1;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Closes the connections. Idempotent; blocks for seconds at most. */
  @Override
  public void close() {
    connections.close();
  }
}
