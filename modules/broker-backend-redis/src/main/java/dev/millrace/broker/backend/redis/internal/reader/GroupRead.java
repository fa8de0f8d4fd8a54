package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.Consumer;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.Map;

/** XREADGROUP for what no member of the group has been given yet. */
final class GroupRead {
  private static final byte[] NEW = {'>'};

  private GroupRead() {}

  /** Of one stream, without waiting. */
  static AsyncCommand<String, byte[], Map<String, List<Arrival>>> of(
      Consumer<String> consumer, int count, String stream) {
    return new AsyncCommand<>(
        new Command<>(
            CommandType.XREADGROUP,
            new ReadOutput(),
            streams(start(consumer).add(CommandKeyword.COUNT).add(count), List.of(stream))));
  }

  /** The arguments of a waiting one. */
  static CommandArgs<String, byte[]> waiting(
      Consumer<String> consumer, int count, long blockMillis, List<String> streams) {
    var args = start(consumer).add(CommandKeyword.COUNT).add(count);
    return streams(args.add(CommandKeyword.BLOCK).add(blockMillis), streams);
  }

  private static CommandArgs<String, byte[]> start(Consumer<String> consumer) {
    return new CommandArgs<>(ReadOutput.CODEC)
        .add(CommandKeyword.GROUP)
        .add(consumer.getGroup().getBytes(UTF_8))
        .add(consumer.getName().getBytes(UTF_8));
  }

  // On a cluster the first key says where to: names of groups must not be keys.
  private static CommandArgs<String, byte[]> streams(
      CommandArgs<String, byte[]> args, List<String> streams) {
    args.add("STREAMS").addKeys(streams);
    streams.forEach(each -> args.add(NEW));
    return args;
  }
}
