package dev.millrace.broker.bench;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Publishing to several subscribers as one writes it by hand: an event is an id, its fields and a
 * payload, each subscriber takes it apart and handles it on a virtual thread: a new one for each
 * event, or, in order, always the same one behind a queue. Nothing is kept, nothing is bounded but
 * the queue, and no gap is noticed.
 */
final class LettuceFanOut implements AutoCloseable {
  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  private final ClientResources resources;
  private final RedisClient client;
  private final StatefulRedisConnection<String, byte[]> publishing;
  private final AtomicLong ids = new AtomicLong();
  private final String channel;

  LettuceFanOut(String url, String channel) {
    this.channel = channel;
    resources =
        ClientResources.builder()
            .nettyCustomizer(
                new NettyCustomizer() {
                  @Override
                  public void afterChannelInitialized(Channel made) {
                    made.pipeline().addFirst(new FlushConsolidationHandler(256, true));
                  }
                })
            .build();
    client = RedisClient.create(resources, url);
    client.setOptions(ClientOptions.builder().autoReconnect(false).build());
    publishing = client.connect(CODEC);
  }

  /** Subscribes so many on one connection, or each on its own. */
  void subscribe(int count, boolean oneConnection, boolean inOrder, FanOutBench.Handler handler) {
    StatefulRedisPubSubConnection<String, byte[]> connection = client.connectPubSub(CODEC);
    for (int i = 0; i < count; i++) {
      connection = i == 0 || oneConnection ? connection : client.connectPubSub(CODEC);
      connection.addListener(inOrder ? inOrder(handler) : eachOnItsThread(handler));
      connection.sync().subscribe(channel);
    }
  }

  private static RedisPubSubAdapter<String, byte[]> eachOnItsThread(FanOutBench.Handler handler) {
    return new RedisPubSubAdapter<>() {
      @Override
      public void message(String from, byte[] message) {
        var event = read(message);
        Thread.ofVirtual().start(() -> handler.handle(event.getValue()));
      }
    };
  }

  private static RedisPubSubAdapter<String, byte[]> inOrder(FanOutBench.Handler handler) {
    BlockingQueue<Map.Entry<Map<String, String>, byte[]>> queue =
        new ArrayBlockingQueue<>(FanOutBench.BUFFER);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  handler.handle(queue.take().getValue());
                }
              } catch (InterruptedException impossible) {
                Thread.currentThread().interrupt();
              }
            });
    return new RedisPubSubAdapter<>() {
      @Override
      public void message(String from, byte[] message) {
        queue.add(read(message));
      }
    };
  }

  void publish(byte[] payload) {
    String id = Long.toString(ids.incrementAndGet(), Character.MAX_RADIX);
    byte[] head = ("_type=" + channel + "\n_id=" + id + "\n\n").getBytes(StandardCharsets.UTF_8);
    byte[] message = Arrays.copyOf(head, head.length + payload.length);
    System.arraycopy(payload, 0, message, head.length, payload.length);
    var unused = publishing.async().publish(channel, message);
  }

  /** The lines of its head, and its payload. */
  private static Map.Entry<Map<String, String>, byte[]> read(byte[] message) {
    var head = new LinkedHashMap<String, String>();
    int at = 0;
    while (message[at] != '\n') {
      int end = at;
      int equals = at;
      while (message[end] != '\n') {
        equals = message[end] == '=' && equals == at ? end : equals;
        end++;
      }
      head.put(text(message, at, equals), text(message, equals + 1, end));
      at = end + 1;
    }
    return Map.entry(head, Arrays.copyOfRange(message, at + 1, message.length));
  }

  private static String text(byte[] message, int from, int to) {
    return new String(message, from, to - from, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    client.shutdown();
    resources.shutdown().awaitUninterruptibly();
  }
}
