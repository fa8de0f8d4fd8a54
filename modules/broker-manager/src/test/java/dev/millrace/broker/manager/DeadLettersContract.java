package dev.millrace.broker.manager;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.DeadLetter;
import dev.millrace.broker.api.DeadLetters;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.OutcomeHandler;
import dev.millrace.broker.api.Redrive;
import dev.millrace.broker.api.RedriveReport;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.StreamManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Dead letters and their way back, as an application sees them. */
abstract class DeadLettersContract {
  private final String stream = "orders-" + UUID.randomUUID();
  private final BlockingQueue<Message> handled = new LinkedBlockingQueue<>();
  private StreamManager manager;

  abstract StreamManager connect();

  /** A group to which something came back before, so that its readers wait for more. */
  void expectComebacks(String ofStream, String group) {}

  @BeforeEach
  void open() {
    manager = connect();
    manager.createSimpleProducer("p", stream);
    expectComebacks(stream, "billing");
  }

  @AfterEach
  void close() {
    manager.shutdown(Duration.ZERO);
  }

  private DeadLetters dead() {
    return manager.deadLetters(stream, "billing");
  }

  private void consume(OutcomeHandler<Message> handler) {
    var config = ConsumerConfig.builder(stream).group("billing").retry(RetryPolicy.none()).build();
    manager.createConsumer("c", config, handler);
  }

  private List<String> send(int count) {
    var ids = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      ids.add(manager.send("p", Fields.of("n", i)).id());
    }
    return ids;
  }

  /** Messages that die, and a consumer that handles them when they come again. */
  private List<String> died(int count) {
    List<String> ids = send(count);
    consume(
        (message, delivery) -> {
          if (message.headers().containsKey("redriven")) {
            handled.add(message);
            return Outcome.done();
          }
          throw message.fields().integer("n") % 2 == 0
              ? new IllegalArgumentException("no " + message.id())
              : new IllegalStateException("no " + message.id());
        });
    await().until(() -> dead().list(count + 1).size() == count);
    return ids;
  }

  private Message next() throws InterruptedException {
    Message message = handled.poll(10, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("nothing was handled in 10 s");
    }
    return message;
  }

  private static List<String> ids(List<DeadLetter> letters) {
    return letters.stream().map(DeadLetter::id).toList();
  }

  @Test
  void letterSaysWhyItIsThere() {
    List<String> ids = died(1);
    DeadLetter letter = dead().list(10).getFirst();
    assertEquals(ids.getFirst(), letter.id());
    assertEquals(stream, letter.stream());
    assertEquals("billing", letter.group());
    assertEquals("java.lang.IllegalArgumentException", letter.error().orElseThrow());
    assertTrue(letter.reason().contains("no " + letter.id()), letter.reason());
    assertTrue(letter.stack().orElseThrow().contains("at "), letter::toString);
    assertEquals(1, letter.attempts());
    assertEquals(0, letter.redriven());
    assertTrue(letter.at().isAfter(Instant.now().minusSeconds(60)), letter::toString);
  }

  @Test
  void lettersAreListedByPages() {
    List<String> ids = died(5);
    List<DeadLetter> first = dead().list(2);
    List<DeadLetter> second = dead().listAfter(first.getLast().position(), 2);
    List<DeadLetter> third = dead().listAfter(second.getLast().position(), 2);
    var all = new ArrayList<String>(ids(first));
    all.addAll(ids(second));
    all.addAll(ids(third));
    assertEquals(5, all.size());
    assertEquals(Set.copyOf(ids), Set.copyOf(all));
    assertThrows(InvalidConfigException.class, () -> dead().list(0));
  }

  @Test
  void lettersOfOneCauseHaveOneFingerprint() {
    died(4);
    List<DeadLetter> letters = dead().list(10);
    var illegalArgument =
        letters.stream().filter(each -> each.error().orElseThrow().contains("Argument")).toList();
    var illegalState =
        letters.stream().filter(each -> each.error().orElseThrow().contains("State")).toList();
    assertEquals(2, illegalState.size());
    assertEquals(illegalState.getFirst().fingerprint(), illegalState.getLast().fingerprint());
    assertEquals(illegalArgument.getFirst().fingerprint(), illegalArgument.getLast().fingerprint());
    assertNotEquals(
        illegalState.getFirst().fingerprint(), illegalArgument.getFirst().fingerprint());
  }

  @Test
  void redrivenMessageIsAsItWas() throws Exception {
    List<String> ids = died(1);
    RedriveReport report = dead().redrive(Redrive.all());
    assertEquals(1, report.moved());
    Message message = next();
    assertEquals(ids.getFirst(), message.id());
    assertEquals(stream, message.stream());
    assertEquals("0", message.fields().text("n"));
    assertEquals(java.util.Map.of("redriven", "1"), message.headers());
    assertEquals(List.of(), dead().list(10));
  }

  @Test
  void onlyTheMessageWithTheIdGoesBack() throws Exception {
    List<String> ids = died(3);
    RedriveReport report = dead().redrive(Redrive.id(ids.get(1)));
    assertEquals(List.of(ids.get(1)), ids(report.letters()));
    assertEquals(ids.get(1), next().id());
    assertEquals(2, dead().list(10).size());
  }

  @Test
  void onlyLettersWithTheFingerprintGoBack() throws Exception {
    died(5);
    String fingerprint =
        dead().list(10).stream()
            .filter(each -> each.error().orElseThrow().contains("State"))
            .findFirst()
            .orElseThrow()
            .fingerprint();
    assertEquals(2, dead().redrive(Redrive.fingerprint(fingerprint)).moved());
    assertEquals(1, next().fields().integer("n") % 2);
    assertEquals(1, next().fields().integer("n") % 2);
    assertEquals(3, dead().list(10).size());
  }

  @Test
  void dryRunTellsAndMovesNothing() {
    died(3);
    RedriveReport report = dead().redrive(Redrive.all().dryRun());
    assertTrue(report.dryRun());
    assertEquals(3, report.selected());
    assertEquals(0, report.moved());
    assertEquals(3, report.letters().size());
    assertEquals(3, dead().list(10).size());
    assertTrue(handled.isEmpty());
  }

  @Test
  void noMoreGoBackThanAskedFor() {
    died(5);
    assertEquals(2, dead().redrive(Redrive.all().atMost(2)).moved());
    assertEquals(3, dead().list(10).size());
  }

  @Test
  void manyGoBackByPages() throws Exception {
    List<String> ids = died(250);
    RedriveReport report = dead().redrive(Redrive.all());
    assertEquals(250, report.moved());
    var back = new java.util.HashSet<String>();
    for (int i = 0; i < 250; i++) {
      back.add(next().id());
    }
    assertEquals(Set.copyOf(ids), back);
    assertTrue(handled.isEmpty());
  }

  @Test
  void rateIsKept() {
    died(8);
    long begun = System.nanoTime();
    assertEquals(8, dead().redrive(Redrive.all().perSecond(20)).moved());
    long took = System.nanoTime() - begun;
    // Two at a time: the last two of eight at twenty a second go after 300 ms.
    assertTrue(took >= Duration.ofMillis(300).toNanos(), "took " + took + " ns");
  }

  @Test
  void whatDiesAgainIsNotTakenASecondTimeAndCountsItsRedrives() {
    send(3);
    consume(
        (message, delivery) -> {
          throw new IllegalStateException("always");
        });
    await().until(() -> dead().list(10).size() == 3);
    assertEquals(3, dead().redrive(Redrive.all()).selected());
    await().until(() -> dead().list(10).stream().filter(each -> each.redriven() == 1).count() == 3);
    assertEquals(3, dead().redrive(Redrive.all()).selected());
    await().until(() -> dead().list(10).stream().filter(each -> each.redriven() == 2).count() == 3);
  }

  @Test
  void failuresBeginAtZeroAfterARedrive() throws Exception {
    var attempts = new LinkedBlockingQueue<String>();
    var config =
        ConsumerConfig.builder(stream)
            .group("billing")
            .retry(RetryPolicy.builder().maxAttempts(3).firstDelay(Duration.ofMillis(1)).build())
            .build();
    manager.createConsumer(
        "c",
        config,
        (Message message) -> {
          attempts.add(message.headers().getOrDefault("redriven", "0"));
          throw new IllegalStateException("always");
        });
    send(1);
    await().until(() -> dead().list(10).size() == 1);
    dead().redrive(Redrive.all());
    await().until(() -> dead().list(10).stream().anyMatch(each -> each.redriven() == 1));
    assertEquals(List.of("0", "0", "0", "1", "1", "1"), List.copyOf(attempts));
  }

  @Test
  void lettersOfAStreamOfOnesOwnGoBackToTheirOrigin() throws Exception {
    String own = stream.replace("orders", "graveyard");
    send(1);
    var config =
        ConsumerConfig.builder(stream)
            .group("billing")
            .retry(RetryPolicy.none())
            .deadLetter(own)
            .build();
    manager.createConsumer(
        "c",
        config,
        (message, delivery) -> {
          handled.add(message);
          return message.headers().containsKey("redriven")
              ? Outcome.done()
              : Outcome.deadLetter("not now");
        });
    next();
    await().until(() -> manager.deadLettersIn(own).list(10).size() == 1);
    assertEquals("not now", manager.deadLettersIn(own).list(1).getFirst().reason());
    assertEquals(1, manager.deadLettersIn(own).redrive(Redrive.all()).moved());
    assertEquals("1", next().headers().get("redriven"));
  }

  @Test
  void nothingIsListedOrMovedWhereNothingDied() {
    assertEquals(List.of(), dead().list(10));
    assertEquals(0, dead().redrive(Redrive.all()).selected());
    assertEquals("{" + stream + "}:dead:billing", dead().stream());
  }
}
