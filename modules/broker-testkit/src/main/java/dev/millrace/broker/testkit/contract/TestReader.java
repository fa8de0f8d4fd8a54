package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A member of a group under test, with its sink and blocking forms of its calls. */
final class TestReader {
  private static final Duration QUIET = Duration.ofMillis(100);

  final GroupRef group;
  final String consumer;
  final GroupReader reader;
  final RecordingSink sink;

  TestReader(GroupRef group, String consumer, GroupReader reader, RecordingSink sink) {
    this.group = group;
    this.consumer = consumer;
    this.reader = reader;
    this.sink = sink;
  }

  TestReader request(int credit) {
    sink.allow(credit);
    reader.request(credit);
    return this;
  }

  /** Waits until this many entries in all have come, and returns them. */
  List<Received> await(int count) {
    try {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(Stages.PATIENCE)
          .until(() -> sink.size() >= count);
    } catch (ConditionTimeoutException late) {
      throw new AssertionError(
          consumer
              + " got "
              + sink.size()
              + " of "
              + count
              + " entries in "
              + Stages.PATIENCE.toSeconds()
              + " s; it was told of "
              + sink.failures(),
          late);
    }
    return sink.received();
  }

  /** Waits for the entry with this number, from 1. */
  Received nth(int number) {
    return await(number).get(number - 1);
  }

  /** Watches for a moment that no more than this many entries come. */
  void staysAt(int count) {
    assertEquals(count, sink.size(), consumer);
    Awaitility.await()
        .pollInterval(Duration.ofMillis(10))
        .during(QUIET)
        .atMost(Stages.PATIENCE)
        .failFast(consumer + " got more than " + count, () -> sink.size() > count)
        .until(() -> sink.size() == count);
  }

  List<Settled> settle(List<Settlement> settlements) {
    return Stages.await(reader.settle(settlements));
  }

  Settled settle(Settlement settlement) {
    List<Settled> all = settle(List.of(settlement));
    assertEquals(1, all.size());
    return all.getFirst();
  }

  Settled ack(Received received) {
    return settle(new Settlement.Ack(received));
  }

  /** Acknowledges all that has come and expects each to take effect. */
  void ackAll() {
    List<Settlement> all = sink.received().stream().<Settlement>map(Settlement.Ack::new).toList();
    assertEquals(all.stream().map(each -> Settled.DONE).toList(), settle(all));
  }

  Settled release(Received received, Duration after) {
    return settle(new Settlement.Release(received, after));
  }

  void stopReading() {
    Stages.await(reader.stopReading());
    sink.allowNothing();
  }

  void leave() {
    Stages.await(reader.leave());
    sink.allowNothing();
  }

  CompletionStage<Void> leaving() {
    return reader.leave();
  }

  List<String> ids() {
    return sink.received().stream().map(TestReader::id).toList();
  }

  static String id(Received received) {
    return received.entry().id().orElse("");
  }
}
