package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Streams that vanish under their readers. */
public abstract class RecoveryContract extends BackendContract {
  /** For subclasses. */
  protected RecoveryContract() {}

  @Test
  void readerGoesOnWhenItsStreamIsDeletedAndTellsOnce() {
    append(entry("before"));
    TestReader reader = reader(10);
    reader.await(1);
    reader.ackAll();
    Stages.await(backend.log().delete(stream));
    append(entry("after"));
    reader.await(2);
    assertEquals(List.of("before", "after"), reader.ids());
    awaitUntil("the report", () -> !reader.sink.recreations().isEmpty());
    append(entry("later"));
    reader.await(3);
    assertEquals(1, reader.sink.recreations().size());
  }

  @Test
  void settlementOfWhatVanishedIsStale() {
    append(entry("e1"));
    TestReader reader = reader(1);
    Received held = reader.nth(1);
    Stages.await(backend.log().delete(stream));
    assertEquals(Settled.STALE, reader.ack(held));
  }

  @Test
  void streamThatIsDeletedTwiceIsReportedEachTime() {
    append(entry("e1"));
    TestReader reader = reader(10);
    for (int round = 1; round <= 2; round++) {
      reader.await(round);
      Stages.await(backend.log().delete(stream));
      append(entry("e" + (round + 1)));
      int reports = round;
      awaitUntil("report " + round, () -> reader.sink.recreations().size() == reports);
    }
    reader.await(3);
    assertEquals(ids(1, 3), reader.ids());
  }

  @Test
  void otherStreamsAreNotDisturbed() {
    append(stream, entries(2));
    TestReader reader = reader(10);
    reader.await(2);
    String doomed = name("doomed");
    append(doomed, entries(1));
    Stages.await(backend.log().delete(doomed));
    append(entry("e3"));
    reader.await(3);
    assertTrue(reader.sink.recreations().isEmpty());
    assertTrue(reader.sink.failures().isEmpty());
  }
}
