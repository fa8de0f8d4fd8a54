package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.backend.redis.internal.connection.AppendCommand;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Waiter;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.StringListOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** The connection that an append goes through. */
interface AppendLine {
  /** The codec of all arguments. */
  RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  /** What XADD takes before the fields. */
  byte[] NEXT_ID = "*".getBytes(StandardCharsets.US_ASCII);

  /** Sends these in order, each with its id as the answer. */
  List<CompletionStage<String>> add(List<CommandArgs<String, byte[]>> xadds);

  /** Sends a script. */
  CompletionStage<List<String>> send(AppendCommand type, CommandArgs<String, byte[]> args);

  /**
   * Runs a script: by its SHA-1, and where the server does not know it once more with its text.
   * Nothing was executed when a server answers NOSCRIPT.
   *
   * @param args given what calls the script, adds its keys and arguments
   */
  default CompletionStage<List<String>> run(
      Script script, UnaryOperator<CommandArgs<String, byte[]>> args) {
    return send(AppendCommand.EVALSHA, args.apply(new CommandArgs<>(CODEC).add(script.sha1())))
        .exceptionallyCompose(
            error ->
                RedisErrors.unwrap(error) instanceof RedisNoScriptException
                    ? runWhole(script, args)
                    : CompletableFuture.failedStage(error));
  }

  /** Runs a script by its text: what is sent behind it finds it known. */
  default CompletionStage<List<String>> runWhole(
      Script script, UnaryOperator<CommandArgs<String, byte[]>> args) {
    return send(AppendCommand.EVAL, args.apply(new CommandArgs<>(CODEC).add(script.body())));
  }

  /** The shared connection, with one flush for a list. */
  record Shared(RedisConnections connections) implements AppendLine {
    @Override
    public List<CompletionStage<String>> add(List<CommandArgs<String, byte[]>> xadds) {
      var sent = new ArrayList<AsyncCommand<String, byte[], String>>(xadds.size());
      for (var args : xadds) {
        sent.add(
            new AsyncCommand<>(new Command<>(CommandType.XADD, new StatusOutput<>(CODEC), args)));
      }
      dispatch(sent);
      return new ArrayList<>(sent);
    }

    @Override
    public CompletionStage<List<String>> send(
        AppendCommand type, CommandArgs<String, byte[]> args) {
      var sent =
          new AsyncCommand<>(
              new Command<>(type, new StringListOutput<String, byte[]>(CODEC), args));
      dispatch(List.of(sent));
      return sent;
    }

    private void dispatch(List<? extends AsyncCommand<String, byte[], ?>> commands) {
      try {
        connections.dispatch(commands);
      } catch (RuntimeException refused) {
        // Thrown for a list that was not sent, or only in part: each command says for itself.
        commands.forEach(command -> command.completeExceptionally(refused));
      }
    }
  }

  /** A connection of its own. */
  record Own(Waiter waiter) implements AppendLine {
    @Override
    public List<CompletionStage<String>> add(List<CommandArgs<String, byte[]>> xadds) {
      var sent = new ArrayList<CompletionStage<String>>(xadds.size());
      for (var args : xadds) {
        sent.add(waiter.commands().dispatch(CommandType.XADD, new StatusOutput<>(CODEC), args));
      }
      return sent;
    }

    @Override
    public CompletionStage<List<String>> send(
        AppendCommand type, CommandArgs<String, byte[]> args) {
      return waiter.commands().dispatch(type, new StringListOutput<>(CODEC), args);
    }
  }
}
