package dev.millrace.broker.bench;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.Consumer;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Request and reply as one writes it by hand: a stream and a group, an inbox by pub/sub, a virtual
 * thread for each request, results kept for 30 s. It has no deadlines, no withdrawal, and ids are
 * not looked at.
 */
final class LettuceRpc implements AutoCloseable {
  private static final int BATCH = 256;
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final SetArgs KEPT = SetArgs.Builder.ex(30);

  private final ClientResources resources;
  private final RedisClient client;
  private final StatefulRedisConnection<String, byte[]> asking;
  private final StatefulRedisConnection<String, byte[]> answering;
  private final StatefulRedisConnection<String, byte[]> reading;
  private final StatefulRedisPubSubConnection<String, byte[]> inbox;
  private final Map<String, CompletableFuture<byte[]>> calls = new ConcurrentHashMap<>();
  private final AtomicLong ids = new AtomicLong();
  private final String stream;
  private final byte[] address;
  private final Thread server;
  private volatile boolean closed;

  LettuceRpc(String url, String stream) {
    this.stream = stream;
    this.address = ("inbox:" + stream).getBytes(StandardCharsets.UTF_8);
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
    asking = client.connect(codec);
    answering = client.connect(codec);
    reading = client.connect(codec);
    inbox = client.connectPubSub(codec);
    inbox.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(String channel, byte[] message) {
            heard(message);
          }
        });
    inbox.sync().subscribe(new String(address, StandardCharsets.UTF_8));
    reading
        .sync()
        .xgroupCreate(
            XReadArgs.StreamOffset.from(stream, "0"), "loop", XGroupCreateArgs.Builder.mkstream());
    server = Thread.ofVirtual().start(this::serve);
  }

  /** A message is the id, a zero and the answer. */
  private void heard(byte[] message) {
    int end = 0;
    while (message[end] != 0) {
      end++;
    }
    CompletableFuture<byte[]> call =
        calls.remove(new String(message, 0, end, StandardCharsets.UTF_8));
    if (call != null) {
      call.complete(java.util.Arrays.copyOfRange(message, end + 1, message.length));
    }
  }

  byte[] call(byte[] payload) {
    String id = Long.toString(ids.incrementAndGet(), Character.MAX_RADIX);
    var answer = new CompletableFuture<byte[]>();
    calls.put(id, answer);
    var unused =
        asking
            .async()
            .xadd(
                stream,
                Map.of(
                    "id", id.getBytes(StandardCharsets.UTF_8), "to", address, "payload", payload));
    return answer.join();
  }

  @SuppressWarnings("unchecked") // one stream offset, as varargs of a generic type
  private void serve() {
    var me = Consumer.from("loop", "me");
    var from = XReadArgs.StreamOffset.lastConsumed(stream);
    var args = XReadArgs.Builder.count(100).block(500);
    while (!closed) {
      List<StreamMessage<String, byte[]>> batch = reading.sync().xreadgroup(me, args, from);
      batch.forEach(request -> Thread.ofVirtual().start(() -> answer(request)));
    }
  }

  private void answer(StreamMessage<String, byte[]> request) {
    Map<String, byte[]> body = request.getBody();
    byte[] id = body.getOrDefault("id", new byte[0]);
    byte[] payload = body.getOrDefault("payload", new byte[0]);
    var message = new byte[id.length + 1 + payload.length];
    System.arraycopy(id, 0, message, 0, id.length);
    System.arraycopy(payload, 0, message, id.length + 1, payload.length);
    var to = new String(body.getOrDefault("to", address), StandardCharsets.UTF_8);
    var commands = answering.async();
    var kept = commands.set("result:" + new String(id, StandardCharsets.UTF_8), message, KEPT);
    var acknowledged = commands.xack(stream, "loop", request.getId());
    var deleted = commands.xdel(stream, request.getId());
    var heard = commands.publish(to, message);
    LettuceFutures.awaitAll(PATIENCE, kept, acknowledged, deleted, heard);
  }

  @Override
  public void close() throws InterruptedException {
    closed = true;
    server.join();
    client.shutdown();
    resources.shutdown().awaitUninterruptibly();
  }
}
