package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.backend.redis.internal.connection.Opening;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl;
import io.lettuce.core.Consumer;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A quick look at throughput: 200,000 messages of 100 bytes through one reader, with an
 * acknowledgement each, beside a hand-written loop on the same connection. Run by hand; interleaved
 * rounds, only the ratio counts.
 */
final class ReaderThroughput {
  private static final int MESSAGES = 200_000;

  private ReaderThroughput() {}

  public static void main(String[] args) throws Exception {
    try (var server = RedisProcess.started();
        var connections =
            Opening.open(
                RedisUrl.parse(BackendUrl.of(server.url())),
                BackendContext.standalone("throughput"),
                warning -> {})) {
      for (int round = 0; round < 5; round++) {
        double loop = loop(connections, "loop" + round);
        double batches = reader(connections, "batches" + round, false);
        double single = reader(connections, "single" + round, true);
        System.out.printf(
            "loop %,.0f/s  acknowledged by batch %,.0f/s (%.2f)  one by one %,.0f/s (%.2f)%n",
            loop, batches, batches / loop, single, single / loop);
      }
    }
  }

  /** The peer: reads a hundred, acknowledges them in one command, reads on meanwhile. */
  private static double loop(RedisConnections connections, String stream) throws Exception {
    fill(connections, stream);
    var commands = connections.shared();
    commands.xgroupCreate(XReadArgs.StreamOffset.from(stream, "0"), "g").get();
    long from = System.nanoTime();
    int seen = 0;
    RedisFuture<Long> last = null;
    while (seen < MESSAGES) {
      List<StreamMessage<String, byte[]>> batch =
          commands
              .xreadgroup(
                  Consumer.from("g", "c"),
                  XReadArgs.Builder.count(100),
                  XReadArgs.StreamOffset.lastConsumed(stream))
              .get();
      last =
          commands.xack(
              stream, "g", batch.stream().map(StreamMessage::getId).toArray(String[]::new));
      seen += batch.size();
    }
    if (last != null) {
      last.get();
    }
    return rate(from);
  }

  private static double reader(RedisConnections connections, String stream, boolean oneByOne)
      throws Exception {
    fill(connections, stream);
    var readers = RedisReaders.create(connections);
    var done = new CountDownLatch(MESSAGES);
    var holder = new GroupReader[1];
    var ready = new CountDownLatch(1);
    var spec =
        new ReaderSpec(
            "c",
            StartPosition.beginning(),
            100,
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            false);
    holder[0] =
        readers.open(new GroupRef(stream, "g"), spec, new Settler(holder, ready, done, oneByOne));
    ready.countDown();
    long from = System.nanoTime();
    holder[0].request(200);
    done.await();
    double rate = rate(from);
    readers.close().toCompletableFuture().get();
    return rate;
  }

  private record Settler(
      GroupReader[] reader, CountDownLatch ready, CountDownLatch done, boolean oneByOne)
      implements Sink {
    @Override
    public void deliver(List<Received> batch) {
      if (oneByOne) {
        for (Received one : batch) {
          settle(List.of(new Settlement.Ack(one)));
        }
      } else {
        var all = new ArrayList<Settlement>(batch.size());
        batch.forEach(one -> all.add(new Settlement.Ack(one)));
        settle(all);
      }
    }

    private void settle(List<Settlement> settlements) {
      reader[0]
          .settle(settlements)
          .thenAccept(results -> results.forEach(result -> done.countDown()));
      reader[0].request(settlements.size());
    }

    @Override
    public void recreated(Position from) {}

    @Override
    public void failed(Throwable error) {
      error.printStackTrace();
    }
  }

  private static double rate(long from) {
    return MESSAGES / ((System.nanoTime() - from) / 1e9);
  }

  private static void fill(RedisConnections connections, String stream) {
    Map<String, byte[]> body = new LinkedHashMap<>();
    body.put("_type", "order".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    body.put("_payload", new byte[100]);
    var count = new AtomicInteger();
    while (count.get() < MESSAGES) {
      var adds = new RedisFuture<?>[1_000];
      for (int i = 0; i < adds.length; i++) {
        adds[i] = connections.shared().xadd(stream, body);
      }
      LettuceFutures.awaitAll(10, TimeUnit.SECONDS, adds);
      count.addAndGet(adds.length);
    }
  }
}
