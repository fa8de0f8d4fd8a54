package dev.millrace.broker.rpc;

import static dev.millrace.broker.rpc.Rig.TEXT;
import static dev.millrace.broker.rpc.Rig.count;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.OutcomeUnknownException;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.ReplyParts;
import dev.millrace.broker.api.ReplyStream;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestNotStartedException;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamingRequestHandler;
import dev.millrace.broker.api.spi.Entry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final Rig rig = new Rig();

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  private RequestServer server(StreamingRequestHandler<String, String> handler) {
    RequestServer server = rig.server(1);
    server.onRequest("T", TEXT, handler);
    server.start();
    return server;
  }

  private ReplyStream<String> ask(RequestClient client, Duration timeout) {
    return client.stream("T", "x", TEXT, timeout, SendOptions.none());
  }

  @Test
  void partsAreReadAsTheyCome() throws Exception {
    var read = new CountDownLatch(1);
    server(
        (query, parts) -> {
          parts.send("first");
          read.await();
          parts.send("second");
        });
    try (ReplyStream<String> stream = ask(rig.client(), LONG)) {
      assertEquals("first", stream.next());
      read.countDown();
      assertTrue(stream.hasNext());
      assertEquals("second", stream.next());
      assertFalse(stream.hasNext());
      assertThrows(NoSuchElementException.class, stream::next);
    }
  }

  @Test
  void manyPartsComeInOrder() {
    server((query, parts) -> IntStream.range(0, 500).forEach(i -> parts.send("" + i)));
    var read = new ArrayList<String>();
    ask(rig.client(), LONG).forEachRemaining(read::add);
    assertEquals(IntStream.range(0, 500).mapToObj(i -> "" + i).toList(), read);
  }

  @Test
  void errorComesAfterThePartsBeforeIt() {
    server(
        (query, parts) -> {
          parts.send("one");
          throw new RemoteFailedException("BROKEN", "no more");
        });
    ReplyStream<String> stream = ask(rig.client(), LONG);
    assertEquals("one", stream.next());
    assertEquals("BROKEN", assertThrows(RemoteFailedException.class, stream::hasNext).code());
  }

  @Test
  void plainAnswerIsOnePart() {
    RequestServer server = rig.server(1);
    server.onRequest("T", TEXT, query -> "whole");
    server.start();
    var read = new ArrayList<String>();
    ask(rig.client(), LONG).forEachRemaining(read::add);
    assertEquals(List.of("whole"), read);
  }

  @Test
  void streamThatNobodyServesEnds() {
    ReplyStream<String> stream = ask(rig.client(), Duration.ofMillis(50));
    assertThrows(RequestNotStartedException.class, stream::hasNext);
  }

  @Test
  void closingInterruptsTheHandler() throws Exception {
    var interrupted = new CountDownLatch(1);
    server(
        (query, parts) -> {
          parts.send("one");
          try {
            new CountDownLatch(1).await();
          } finally {
            assertTrue(parts.cancelled());
            interrupted.countDown();
          }
        });
    ReplyStream<String> stream = ask(rig.client(), LONG);
    assertEquals("one", stream.next());
    stream.close();
    assertTrue(interrupted.await(20, TimeUnit.SECONDS), "it was not interrupted");
  }

  @Test
  void handlerSeesWhenItsCallerGivesUp() {
    server(
        (query, parts) -> {
          Duration left = Duration.between(Instant.now(), parts.deadline());
          parts.send(
              left.compareTo(LONG) <= 0 && left.compareTo(LONG.dividedBy(2)) > 0 ? "y" : "n");
          parts.send(parts.cancelled() ? "y" : "n");
        });
    var read = new ArrayList<String>();
    ask(rig.client(), LONG).forEachRemaining(read::add);
    assertEquals(List.of("y", "n"), read);
  }

  @Test
  void streamThatIsNotReadIsCancelled() {
    var thrown = new java.util.concurrent.CompletableFuture<Throwable>();
    server(
        (query, parts) -> {
          try {
            sendForEver(parts);
          } catch (RuntimeException ended) {
            thrown.complete(ended);
            throw ended;
          }
        });
    RequestClient client = rig.client();
    ReplyStream<String> stream = ask(client, LONG);
    await().until(() -> count(client, "unknown") == 1);
    await().until(thrown::isDone);
    for (int i = 0; i < PartsCall.MOST; i++) {
      assertEquals("part", stream.next());
    }
    var error = assertThrows(OutcomeUnknownException.class, stream::next);
    assertTrue(error.getMessage().contains("they are not read"), error::getMessage);
  }

  private static void sendForEver(ReplyParts<String> parts) {
    while (true) {
      parts.send("part");
    }
  }

  private static Entry part(int number) {
    return Replies.part("id", number, ("p" + number).getBytes(StandardCharsets.UTF_8));
  }

  private static PartsCall call(ArrayList<PartsCall> missing) {
    return new PartsCall("id", part(0), 0, 0, full -> {}, missing::add);
  }

  @Test
  void partThatOvertookOthersWaitsForThem() throws Exception {
    var missing = new ArrayList<PartsCall>();
    PartsCall call = call(missing);
    call.part(part(2));
    call.part(part(1));
    call.part(part(1));
    assertEquals(part(1), call.take());
    assertEquals(part(2), call.take());
    assertEquals(List.of(), missing);
  }

  @Test
  void lostPartIsNoticedAtTheEnd() {
    var missing = new ArrayList<PartsCall>();
    PartsCall call = call(missing);
    call.part(part(1));
    call.part(part(3));
    assertEquals(null, call.replied(Replies.after(3, Replies.end("id"))));
    assertEquals(List.of(call), missing);
    assertEquals(2, call.missing());
    call.part(part(2));
    assertEquals(0, call.missing());
  }
}
