package dev.millrace.broker.bench;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Telemetry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/** Millrace with its promises on: leases, checked acknowledgements, typed errors, ids. */
final class MillraceContestant implements Contestant {
  private static final int CHUNK = 10_000;

  private final StreamManager manager;
  private final Fields fields;
  private final SendPolicy sending;
  private final boolean backup;

  MillraceContestant(String url, byte[] payload, SendPolicy sending) {
    this(url, payload, sending, BrokerConfig.builder().consumerGroup("bench").build(), false);
  }

  private MillraceContestant(
      String url, byte[] payload, SendPolicy sending, BrokerConfig config, boolean backup) {
    this.sending = sending;
    this.backup = backup;
    this.manager = StreamManager.connect(url, config);
    this.fields = Fields.of(Message.PAYLOAD, payload);
  }

  /** Sending by a backup producer, with its journal in this directory. */
  static MillraceContestant queued(String url, byte[] payload, Path journal) {
    var config =
        BrokerConfig.builder().consumerGroup("bench").journal(JournalConfig.in(journal)).build();
    return new MillraceContestant(url, payload, SendPolicy.defaults(), config, true);
  }

  /** With metrics, as usual, or without. */
  static MillraceContestant measuring(
      String url, byte[] payload, SendPolicy sending, boolean measures) {
    var config = BrokerConfig.builder().consumerGroup("bench");
    if (!measures) {
      config.telemetry(Telemetry.none());
    }
    return new MillraceContestant(url, payload, sending, config.build(), false);
  }

  Producer producer(String stream) {
    var config = StreamConfig.builder(stream).groups("bench").sending(sending).build();
    return backup
        ? manager.createBackupProducer("p", config)
        : manager.createSimpleProducer("p", config);
  }

  /** Sends so many, one after the other; how long that took, in nanoseconds. */
  long timed(Producer producer, int messages) {
    long begun = System.nanoTime();
    for (int i = 0; i < messages; i++) {
      producer.send(fields);
    }
    return System.nanoTime() - begun;
  }

  /** As {@link #sendFromThreads}, with an id of the caller's for each message. */
  void sendNamed(String stream, int messages, int threads) {
    try (var producer = producer(stream);
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int t = 0; t < threads; t++) {
        int number = t;
        pool.execute(
            () -> {
              for (int i = 0; i < messages / threads; i++) {
                producer.send(fields, SendOptions.none().id("order-" + number + "-" + i));
              }
            });
      }
    }
  }

  @Override
  public void sendOneByOne(String stream, int messages) {
    try (var producer = producer(stream)) {
      for (int i = 0; i < messages; i++) {
        producer.send(fields);
      }
    }
  }

  @Override
  public void sendBulk(String stream, int messages) {
    try (var producer = producer(stream)) {
      List<Fields> chunk = new ArrayList<>(Collections.nCopies(CHUNK, fields));
      for (int sent = 0; sent < messages; sent += CHUNK) {
        producer.sendAll(chunk.subList(0, Math.min(CHUNK, messages - sent)));
      }
    }
  }

  @Override
  public void sendFromThreads(String stream, int messages, int threads) {
    try (var producer = producer(stream);
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int t = 0; t < threads; t++) {
        pool.execute(
            () -> {
              for (int i = 0; i < messages / threads; i++) {
                producer.send(fields);
              }
            });
      }
    }
  }

  @Override
  public void consume(String stream, int messages, int handlers, boolean threadEach)
      throws Exception {
    var left = new CountDownLatch(messages);
    var config = ConsumerConfig.builder(stream).concurrency(handlers).build();
    try (var consumer =
        manager.createConsumer("c", config, (Message message) -> left.countDown())) {
      left.await();
      consumer.stop(java.time.Duration.ofSeconds(10));
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
