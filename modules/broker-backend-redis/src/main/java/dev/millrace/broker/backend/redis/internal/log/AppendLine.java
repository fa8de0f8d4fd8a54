package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.Waiter;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The connection that an append goes through. */
interface AppendLine {
  /** For scripts. */
  RedisClusterAsyncCommands<String, byte[]> commands();

  /** Sends these in order, each with its id as the answer. */
  List<CompletionStage<String>> add(List<CommandArgs<String, byte[]>> xadds);

  /** The codec of all arguments. */
  RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  /** What XADD takes before the fields. */
  byte[] NEXT_ID = "*".getBytes(StandardCharsets.US_ASCII);

  /** The shared connection, with one flush for a list. */
  record Shared(RedisConnections connections) implements AppendLine {
    @Override
    public RedisClusterAsyncCommands<String, byte[]> commands() {
      return connections.shared();
    }

    @Override
    public List<CompletionStage<String>> add(List<CommandArgs<String, byte[]>> xadds) {
      var sent = new ArrayList<AsyncCommand<String, byte[], String>>(xadds.size());
      for (var args : xadds) {
        sent.add(
            new AsyncCommand<>(new Command<>(CommandType.XADD, new StatusOutput<>(CODEC), args)));
      }
      try {
        connections.dispatch(sent);
      } catch (RuntimeException refused) {
        // Thrown for a list that was not sent, or only in part: each command says for itself.
        sent.forEach(command -> command.completeExceptionally(refused));
      }
      return new ArrayList<>(sent);
    }
  }

  /** A connection of its own. */
  record Own(Waiter waiter) implements AppendLine {
    @Override
    public RedisClusterAsyncCommands<String, byte[]> commands() {
      return waiter.commands();
    }

    @Override
    public List<CompletionStage<String>> add(List<CommandArgs<String, byte[]>> xadds) {
      var sent = new ArrayList<CompletionStage<String>>(xadds.size());
      for (var args : xadds) {
        sent.add(waiter.commands().dispatch(CommandType.XADD, new StatusOutput<>(CODEC), args));
      }
      return sent;
    }
  }
}
