package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.backend.redis.internal.connection.AppendCommand;
import dev.millrace.broker.testkit.redis.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.output.StringListOutput;
import io.lettuce.core.protocol.CommandArgs;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A list that is sent in slices, over a connection that breaks between them. */
class NumberedSlicesTest {
  private static final Dedup.BySequence NUMBERS = new Dedup.BySequence("p", 64, false);
  private static final AppendGuard GUARD = AppendGuard.none().dedup(NUMBERS);

  private final NumberedAppend append = new NumberedAppend();
  private RedisServer server;
  private RedisClient client;
  private StatefulRedisConnection<String, byte[]> connection;

  @BeforeEach
  void open() {
    server = RedisServer.startOwn();
    client = RedisClient.create(RedisURI.create(server.host(), server.port()));
    connection = client.connect(AppendLine.CODEC);
  }

  @AfterEach
  void close() {
    connection.close();
    client.shutdown();
    server.close();
  }

  /** Loses what is sent first. */
  private final class Breaking implements AppendLine {
    private final AtomicInteger sent = new AtomicInteger();

    @Override
    public List<CompletionStage<String>> add(List<CommandArgs<String, byte[]>> xadds) {
      throw new AssertionError("numbered entries go by script");
    }

    @Override
    public CompletionStage<List<String>> send(
        AppendCommand type, CommandArgs<String, byte[]> args) {
      return sent.incrementAndGet() == 1
          ? CompletableFuture.failedStage(new RedisException("the connection broke"))
          : connection.async().dispatch(type, new StringListOutput<>(CODEC), args);
    }
  }

  private List<Appended> append(AppendLine line, List<Entry> entries) {
    return append
        .append(line, "orders", entries, NUMBERS, GUARD, false)
        .toCompletableFuture()
        .join();
  }

  @Test
  void sliceDoesNotOvertakeTheOneBeforeIt() {
    // What is not in a row goes in slices of its own.
    List<Entry> entries =
        LongStream.of(1, 2, 4, 5, 7)
            .mapToObj(n -> Entry.of(NUMBERS.idOf(n), Fields.of("n", n)))
            .toList();
    var line = new Breaking();
    List<Appended> outcomes = append(line, entries);
    outcomes.subList(0, 2).forEach(each -> assertInstanceOf(Appended.Ambiguous.class, each));
    assertEquals(
        List.of(new Appended.Behind(2), new Appended.Behind(2), new Appended.Behind(5)),
        outcomes.subList(2, 5));
    assertEquals(0, server.number("XLEN", "orders"));
    append(line, entries)
        .forEach(each -> assertFalse(assertInstanceOf(Appended.At.class, each).duplicate()));
    assertEquals(5, server.number("XLEN", "orders"));
  }
}
