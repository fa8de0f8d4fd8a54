package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.GroupReader;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who waits for a reader's group hears of it, whatever becomes of the reader. */
class ReadyTest extends ReaderTest {
  private static <E> E failure(Class<E> type, CompletionStage<?> stage) {
    var waiting = stage.toCompletableFuture().copy().orTimeout(10, TimeUnit.SECONDS);
    return assertInstanceOf(
        type, assertThrows(CompletionException.class, waiting::join).getCause());
  }

  private void client(String... words) {
    var args = new CommandArgs<>(StringCodec.UTF8);
    List.of(words).forEach(args::add);
    assertEquals(
        "OK", redis.dispatch(CommandType.CLIENT, new StatusOutput<>(StringCodec.UTF8), args));
  }

  @Test
  void groupIsThereWhenTheReaderIsReady() {
    get(open("s", new RecordingSink()).ready());
    assertEquals(1, redis.xinfoGroups("s").size());
  }

  @Test
  void readersOfOneLaneAreReadyToo() {
    GroupReader first = open("s", new RecordingSink());
    GroupReader with = open("s", new RecordingSink());
    get(first.ready());
    get(with.ready());
    get(open("s", new RecordingSink()).ready());
  }

  @Test
  void readerWhoseGroupCannotBeMadeFailsWithWhatItsSinkIsTold() {
    redis.set("s", "no stream");
    GroupReader reader = open("s", new RecordingSink());
    String told = failure(BackendException.class, reader.ready()).getMessage();
    assertTrue(told.contains("WRONGTYPE"), told);
  }

  @Test
  void readerThatLeavesFirstFails() {
    // No group is made before it is over; only writes pause, so that it can be ended.
    client("PAUSE", "20000", "WRITE");
    GroupReader reader = open("s", new RecordingSink());
    var left = reader.leave();
    failure(InvalidStateException.class, reader.ready());
    client("UNPAUSE");
    get(left);
    failure(InvalidStateException.class, reader.ready());
  }
}
