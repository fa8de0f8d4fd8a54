package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLongArray;

/** Publishes events, and has them kept where their channel has a stream for that. */
final class Publishing {
  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
  private static final byte[] PUBLISH = "PUBLISH".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SPUBLISH = "SPUBLISH".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NOT = {};

  private final RedisConnections connections;
  private final Script script = Scripts.load("publish");

  /** For each slot the epoch in which its node was last known to have the script. */
  private final AtomicLongArray known;

  Publishing(RedisConnections connections) {
    this.connections = connections;
    this.known = new AtomicLongArray(connections.cluster() ? SlotHash.SLOT_COUNT : 1);
  }

  /** Sends it to whoever is subscribed to the channel, and keeps it nowhere. */
  CompletionStage<Long> only(String channel, byte[] text, boolean sharded) {
    return sharded
        ? connections.shared().spublish(channel, text)
        : connections.shared().publish(channel, text);
  }

  /**
   * By its text until the channel's server is known to have it, and again after each reconnect: one
   * that is sent again because the server did not know it would come behind those sent after it.
   */
  CompletionStage<?> kept(String channel, byte[] text, boolean sharded) {
    String[] keys = {Names.events(channel)};
    byte[] name = channel.getBytes(StandardCharsets.UTF_8);
    int slot = connections.slot(keys[0]);
    long epoch = connections.epoch();
    boolean knows = known.get(slot) == epoch;
    CompletionStage<?> done =
        sharded
            ? sharded(keys[0], channel, name, text, knows)
            : plain(keys, name, text, PUBLISH, knows);
    return knows ? done : done.thenRun(() -> known.set(slot, epoch));
  }

  private CompletionStage<Long> plain(
      String[] keys, byte[] name, byte[] text, byte[] how, boolean knows) {
    return knows
        ? Scripts.run(connections.shared(), script, ScriptOutputType.INTEGER, keys, name, text, how)
        : Scripts.runInOrder(
            connections.shared(), script, ScriptOutputType.INTEGER, keys, name, text, how);
  }

  /**
   * While a slot moves, a node sends a script whose key it has not to the new owner. There nobody
   * is subscribed yet, and the old one takes events of the slot until it has changed hands: so they
   * are published there, and kept, in a step of its own, where the stream is or will be.
   */
  private CompletionStage<?> sharded(
      String key, String channel, byte[] name, byte[] text, boolean knows) {
    return unlessElsewhere(key, name, text, knows)
        .exceptionallyCompose(
            error ->
                RedisErrors.unwrap(error) instanceof RedisNoScriptException
                    ? unlessElsewhere(key, name, text, false)
                    : CompletableFuture.failedStage(error))
        .thenCompose(
            kept ->
                kept == AskOutput.ELSEWHERE
                    ? only(channel, text, true)
                        .thenCombine(
                            plain(new String[] {key}, name, text, NOT, false),
                            (heard, keptThere) -> keptThere)
                    : CompletableFuture.completedStage(kept));
  }

  private CompletionStage<Long> unlessElsewhere(
      String key, byte[] name, byte[] text, boolean knows) {
    return connections
        .shared()
        .dispatch(
            knows ? CommandType.EVALSHA : CommandType.EVAL,
            new AskOutput(CODEC),
            new CommandArgs<>(CODEC)
                .add(knows ? script.sha1() : script.body())
                .add(1)
                .addKey(key)
                .add(name)
                .add(text)
                .add(SPUBLISH));
  }
}
