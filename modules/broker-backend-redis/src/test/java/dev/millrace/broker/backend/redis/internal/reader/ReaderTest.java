package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.redis.internal.connection.Opening;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Readers against a server of their own, and a plain client that looks over their shoulder. */
abstract class ReaderTest {
  static final String GROUP = "main";
  static final Duration LONG = Duration.ofSeconds(30);

  final List<AutoCloseable> open = new ArrayList<>();
  RedisProcess server;
  RedisClient plainClient;
  RedisCommands<String, String> redis;
  RedisReaders readers;

  @BeforeEach
  void startServer() {
    server = RedisProcess.started("--appendonly", "yes", "--appendfsync", "always");
    plainClient = RedisClient.create(server.url());
    StatefulRedisConnection<String, String> plain = plainClient.connect();
    redis = plain.sync();
    readers = process("me");
  }

  @AfterEach
  void stopServer() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    plainClient.shutdown(0, 2, TimeUnit.SECONDS);
    server.close();
  }

  /** Readers with connections of their own, as another process would have them. */
  RedisReaders process(String name) {
    return RedisReaders.create(connect(name));
  }

  RedisConnections connect(String name) {
    return connectTo(server.url(), name);
  }

  RedisConnections connectTo(String url, String name) {
    var connections =
        Opening.open(
            RedisUrl.parse(BackendUrl.of(url)), BackendContext.standalone(name), warning -> {});
    open.add(connections);
    return connections;
  }

  static ReaderSpec spec(String consumer, Duration lease) {
    return new ReaderSpec(
        consumer, StartPosition.beginning(), 100, Duration.ofSeconds(5), lease, false);
  }

  GroupReader open(String stream, RecordingSink sink) {
    return readers.open(ref(stream), spec("me", LONG), sink);
  }

  static GroupRef ref(String stream) {
    return new GroupRef(stream, GROUP);
  }

  String add(String stream, String value) {
    return redis.xadd(stream, Map.of("n", value));
  }

  void add(String stream, int count) {
    for (int i = 0; i < count; i++) {
      add(stream, "" + i);
    }
  }

  long pending(String stream) {
    return redis.xpending(stream, GROUP).getCount();
  }

  static Settlement ack(Received received) {
    return new Settlement.Ack(received);
  }

  static List<Settled> ackAll(GroupReader reader, List<Received> received) {
    return get(reader.settle(received.stream().map(ReaderTest::ack).toList()));
  }

  static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(15, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException failed) {
      throw new AssertionError(failed);
    }
  }

  static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .pollDelay(Duration.ZERO);
  }
}
