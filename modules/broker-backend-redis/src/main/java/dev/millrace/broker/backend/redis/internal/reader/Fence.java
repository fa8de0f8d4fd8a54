package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The epoch of a group, of which fencing tokens are made. It is raised when the group is made, made
 * again or set back, by whatever process. A reader must not give out a token of an old one: each
 * read is followed by a look at the epoch on the same connection, and counts only if that shows
 * what was known before the read was sent. Guarded by the hub's lock where nothing else is said.
 */
final class Fence {
  /** There is none: the group is not as we made it. */
  static final long NONE = -1;

  /** Milliseconds since 2024 need 40 bits until 2058. */
  private static final int COUNT_BITS = 23;

  private static final long MOST = (1L << COUNT_BITS) - 1;

  private final String key;
  private final String group;
  private long known = NONE;

  Fence(String key, String group) {
    this.key = key;
    this.group = group;
  }

  /** From a reply to something sent before: only what is sent from now on may rely on it. */
  void learn(long epoch) {
    known = epoch;
  }

  long known() {
    return known;
  }

  /** Asks for the epoch; to be sent. */
  AsyncCommand<String, byte[], byte[]> question() {
    var args = new CommandArgs<>(ReadOutput.CODEC).addKey(key).add(group);
    return new AsyncCommand<>(
        new Command<>(CommandType.HGET, new ValueOutput<>(ReadOutput.CODEC), args));
  }

  /** What the question has been answered with, {@link #NONE} if nothing. */
  static CompletionStage<Long> answer(CompletionStage<byte[]> question) {
    return question.thenApply(Fence::parse).exceptionally(unknown -> NONE);
  }

  /** Without the lock: the epoch when this is executed. */
  CompletionStage<Long> ask(RedisClusterAsyncCommands<String, byte[]> on) {
    return Checked.safely(() -> on.hget(key, group)).thenApply(Fence::parse);
  }

  static long parse(byte @Nullable [] text) {
    return text == null || text.length == 0 ? NONE : Long.parseLong(new String(text, UTF_8));
  }

  /** Rises with the epoch and, within one, with the number of deliveries. */
  static long token(long epoch, long delivery) {
    return epoch << COUNT_BITS | Math.min(delivery, MOST);
  }
}
