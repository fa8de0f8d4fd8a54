package dev.millrace.broker.bench;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A backlog far larger than the heap of the worker that empties it: run it with {@code -Xmx128m}.
 * Each message is counted by the number inside it.
 *
 * <p>{@code LargeBacklog URL [messages]}; ends with 1 unless each was handled exactly once.
 */
public final class LargeBacklog {
  private static final String STREAM = "bench:backlog";
  private static final int CHUNK = 1_000;
  private static final int SIZE = 100;
  private static final int HANDLERS = 10;

  private final AtomicIntegerArray handled;
  private final CountDownLatch left;

  private LargeBacklog(int messages) {
    this.handled = new AtomicIntegerArray(messages);
    this.left = new CountDownLatch(messages);
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: LargeBacklog URL [messages]");
      System.exit(2);
    }
    int messages = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    if (!new LargeBacklog(messages).run(args[0], messages)) {
      System.exit(1);
    }
  }

  private boolean run(String url, int messages) throws InterruptedException {
    var config = BrokerConfig.builder().consumerGroup("bench").build();
    try (var manager = StreamManager.connect(url, config)) {
      fill(manager, messages);
      resetPeaks();
      long begun = System.nanoTime();
      var each = ConsumerConfig.builder(STREAM).concurrency(HANDLERS).build();
      try (var consumer = manager.createConsumer("worker", each, this::handle)) {
        left.await();
        consumer.stop(Duration.ofSeconds(10));
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      int once = 0;
      for (int i = 0; i < messages; i++) {
        once += handled.get(i) == 1 ? 1 : 0;
      }
      System.out.printf(
          Locale.ROOT,
          "%d of %d messages of %d B handled once in %.1f s; heap: peak %d MB of %d MB%n",
          once,
          messages,
          SIZE,
          seconds,
          peak() >> 20,
          Runtime.getRuntime().maxMemory() >> 20);
      return once == messages;
    }
  }

  private void handle(Message message) {
    handled.incrementAndGet(ByteBuffer.wrap(message.fields().bytes(Message.PAYLOAD)).getInt());
    left.countDown();
  }

  private static void fill(StreamManager manager, int messages) {
    try (var producer = manager.createSimpleProducer("p", StreamConfig.builder(STREAM).build())) {
      List<Fields> chunk = new ArrayList<>(CHUNK);
      for (int i = 0; i < messages; i++) {
        byte[] payload = new byte[SIZE];
        Arrays.fill(payload, (byte) 'x');
        ByteBuffer.wrap(payload).putInt(i);
        chunk.add(Fields.of(Message.PAYLOAD, payload));
        if (chunk.size() == CHUNK || i == messages - 1) {
          for (SendResult result : producer.sendAll(chunk)) {
            if (!(result instanceof SendResult.Accepted)) {
              throw new IllegalStateException("not sent: " + result);
            }
          }
          chunk.clear();
        }
      }
    }
  }

  private static List<MemoryPoolMXBean> heap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private static void resetPeaks() {
    heap().forEach(MemoryPoolMXBean::resetPeakUsage);
  }

  /** The pools' own peaks, added up: no less than the heap's. */
  private static long peak() {
    return heap().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
  }
}
