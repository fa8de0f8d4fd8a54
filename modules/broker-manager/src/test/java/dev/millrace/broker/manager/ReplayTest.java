package dev.millrace.broker.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.ReplayException;
import dev.millrace.broker.api.ReplayReport;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamManager;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplayTest {
  private final StreamManager manager = StreamManager.connect("memory:");
  private final List<String> seen = new ArrayList<>();

  @AfterEach
  void close() {
    manager.shutdown(Duration.ZERO);
  }

  private List<String> send(int count) {
    var producer = manager.createSimpleProducer("p", "s");
    return producer
        .sendAll(IntStream.range(0, count).mapToObj(i -> Fields.of("n", i)).toList())
        .stream()
        .map(SendResult::id)
        .toList();
  }

  private void see(Message message) {
    seen.add(message.id());
  }

  @Test
  void everythingThatIsKeptIsHandedOverInOrder() {
    List<String> ids = send(1_234);
    ReplayReport report = manager.replay("s", StartPosition.beginning(), this::see);
    assertEquals(ids, seen);
    assertEquals(1_234, report.handled());
  }

  @Test
  void itEndsAtWhatIsThereWhenItBegins() {
    send(3);
    ReplayReport report =
        manager.replay(
            "s",
            StartPosition.beginning(),
            message -> {
              see(message);
              manager.send("p", Fields.of("n", "more"));
            });
    assertEquals(3, report.handled());
  }

  @Test
  void groupsNoticeNothing() throws Exception {
    send(3);
    var handled = new java.util.concurrent.LinkedBlockingQueue<Message>();
    manager.createConsumer("c", "s", handled::add);
    for (int i = 0; i < 3; i++) {
      handled.poll(10, java.util.concurrent.TimeUnit.SECONDS);
    }
    assertEquals(3, manager.replay("s", StartPosition.beginning(), this::see).handled());
    assertTrue(handled.isEmpty());
  }

  @Test
  void handlerThatThrowsEndsItAndItGoesOnBehindTheLastOne() {
    List<String> ids = send(10);
    var ended =
        assertThrows(
            ReplayException.class,
            () ->
                manager.replay(
                    "s",
                    StartPosition.beginning(),
                    message -> {
                      if (message.fields().integer("n") == 7) {
                        throw new IOException("disk full");
                      }
                      see(message);
                    }));
    assertInstanceOf(IOException.class, ended.getCause());
    assertEquals(7, ended.report().handled());
    String last = ended.report().last().orElseThrow();
    assertTrue(ended.getMessage().contains(last), ended.getMessage());
    assertEquals(3, manager.replay("s", StartPosition.after(last), this::see).handled());
    assertEquals(ids, seen);
  }

  @Test
  void onlyWhatLiesBetweenTwoTimesIsHandedOver() {
    send(2);
    Instant later = Instant.now().plusSeconds(60);
    assertEquals(
        2, manager.replay("s", StartPosition.at(Instant.EPOCH), later, this::see).handled());
    assertEquals(
        0, manager.replay("s", StartPosition.beginning(), Instant.EPOCH, this::see).handled());
    assertEquals(0, manager.replay("s", StartPosition.at(later), this::see).handled());
  }

  @Test
  void interruptedThreadEndsItAndStaysInterrupted() {
    send(2);
    Thread.currentThread().interrupt();
    // The first wait for the backend or the first message notices it.
    assertThrows(
        dev.millrace.broker.api.BrokerException.class,
        () -> manager.replay("s", StartPosition.beginning(), this::see));
    assertTrue(Thread.interrupted());
  }

  @Test
  void streamThatIsNotThereHasNothing() {
    ReplayReport report = manager.replay("absent", StartPosition.beginning(), this::see);
    assertEquals(new ReplayReport(0, java.util.Optional.empty()), report);
  }
}
