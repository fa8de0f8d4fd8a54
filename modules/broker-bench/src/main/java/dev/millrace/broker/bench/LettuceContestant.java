package dev.millrace.broker.bench;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.Consumer;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a good engineer writes by hand: consolidated flushes, manual flushes in bulk, large reads
 * with the next one or two always under way, one acknowledgement per read that nothing waits for.
 * It has no leases, no recovery and no ids.
 */
final class LettuceContestant implements Contestant {
  private static final int BATCH = 256;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final ClientResources resources;
  private final RedisClient client;
  private final StatefulRedisConnection<String, byte[]> connection;
  private final StatefulRedisConnection<String, byte[]> bulk;
  private final Map<String, byte[]> body;

  LettuceContestant(String url, byte[] payload) {
    resources =
        ClientResources.builder()
            .nettyCustomizer(
                new NettyCustomizer() {
                  @Override
                  public void afterChannelInitialized(Channel channel) {
                    channel.pipeline().addFirst(new FlushConsolidationHandler(BATCH, true));
                  }
                })
            .build();
    client = RedisClient.create(resources, url);
    client.setOptions(ClientOptions.builder().autoReconnect(false).build());
    var codec = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
    connection = client.connect(codec);
    bulk = client.connect(codec);
    bulk.setAutoFlushCommands(false);
    body = Map.of("payload", payload);
  }

  @Override
  public void sendOneByOne(String stream, int messages) {
    for (int i = 0; i < messages; i++) {
      connection.sync().xadd(stream, body);
    }
  }

  @Override
  public void sendBulk(String stream, int messages) {
    var answers = new ArrayList<RedisFuture<String>>(10_000);
    for (int i = 1; i <= messages; i++) {
      answers.add(bulk.async().xadd(stream, body));
      if (i % BATCH == 0) {
        bulk.flushCommands();
      }
      if (answers.size() == 10_000 || i == messages) {
        bulk.flushCommands();
        LettuceFutures.awaitAll(PATIENCE, answers.toArray(RedisFuture[]::new));
        answers.clear();
      }
    }
  }

  @Override
  public void sendFromThreads(String stream, int messages, int threads) {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int t = 0; t < threads; t++) {
        pool.execute(
            () -> {
              for (int i = 0; i < messages / threads; i++) {
                connection.async().xadd(stream, body).toCompletableFuture().join();
              }
            });
      }
    }
  }

  @Override
  @SuppressWarnings("unchecked") // one stream offset, as varargs of a generic type
  public void consume(String stream, int messages, int handlers, boolean threadEach)
      throws Exception {
    connection
        .sync()
        .xgroupCreate(
            XReadArgs.StreamOffset.from(stream, "0"), "loop", XGroupCreateArgs.Builder.mkstream());
    var me = Consumer.from("loop", "me");
    var from = XReadArgs.StreamOffset.lastConsumed(stream);
    var args = XReadArgs.Builder.count(BATCH);
    var left = new CountDownLatch(messages);
    // A list of the answers would keep the ids of all messages for the collector to copy.
    var acknowledged = new AtomicLong();
    var all = new CompletableFuture<Void>();
    int read = 0;
    var reads = new ArrayDeque<RedisFuture<List<StreamMessage<String, byte[]>>>>();
    // Where the reader itself handles, a second read keeps the server busy; beside many threads it
    // was measured to cost more than it brings.
    int ahead = handlers == 1 && !threadEach ? 2 : 1;
    for (int i = 0; i < ahead; i++) {
      reads.add(connection.async().xreadgroup(me, args, from));
    }
    while (read < messages) {
      List<StreamMessage<String, byte[]>> entries = reads.remove().get();
      reads.add(connection.async().xreadgroup(me, args, from));
      read += entries.size();
      handle(entries, handlers, threadEach, left);
      String[] ids = new String[entries.size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = entries.get(i).getId();
      }
      connection
          .async()
          .xack(stream, "loop", ids)
          .thenAccept(
              removed -> {
                if (acknowledged.addAndGet(removed) == messages) {
                  all.complete(null);
                }
              });
    }
    left.await();
    LettuceFutures.awaitAll(PATIENCE, reads.toArray(RedisFuture[]::new));
    all.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /**
   * One handler works where the batch was read. Several share it: each either takes one message
   * after the other on one virtual thread, or ends by starting a thread for the next one.
   */
  private static void handle(
      List<StreamMessage<String, byte[]>> entries,
      int handlers,
      boolean threadEach,
      CountDownLatch left)
      throws InterruptedException {
    if (handlers == 1 && !threadEach) {
      entries.forEach(entry -> left.countDown());
      return;
    }
    var batch = new Batch(entries, threadEach, left);
    for (int h = 0; h < Math.min(handlers, entries.size()); h++) {
      Thread.startVirtualThread(batch);
    }
    batch.handled.await();
  }

  private static final class Batch implements Runnable {
    private final List<StreamMessage<String, byte[]>> entries;
    private final boolean threadEach;
    private final CountDownLatch left;
    private final AtomicInteger taken = new AtomicInteger();
    private final CountDownLatch handled;

    Batch(List<StreamMessage<String, byte[]>> entries, boolean threadEach, CountDownLatch left) {
      this.entries = entries;
      this.threadEach = threadEach;
      this.left = left;
      this.handled = new CountDownLatch(entries.size());
    }

    @Override
    public void run() {
      while (taken.getAndIncrement() < entries.size()) {
        left.countDown();
        handled.countDown();
        if (threadEach) {
          Thread.startVirtualThread(this);
          return;
        }
      }
    }
  }

  @Override
  public void close() {
    connection.close();
    bulk.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    resources.shutdown().syncUninterruptibly();
  }
}
