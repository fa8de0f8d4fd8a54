package dev.millrace.broker.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Producer;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.SendResult;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.fault.ProxyRule;
import dev.millrace.broker.testkit.fault.RespProxy;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fault 1: the reply to an append is lost with its connection. One entry, and the same id. */
class LostReplyTest {
  private RedisServer server;
  private RespProxy proxy;
  private StreamManager manager;

  @BeforeEach
  void open() {
    server = RedisServer.startOwn();
    proxy = RespProxy.before(server.host(), server.port());
    manager = StreamManager.connect(proxy.url());
  }

  @AfterEach
  void close() {
    manager.close();
    proxy.close();
    server.close();
  }

  private ProxyRule swallow(String command, int nth) {
    return proxy.swallowReply(words -> words.getFirst().equals(command) && appends(words), nth);
  }

  private static boolean appends(List<String> words) {
    return words.getFirst().equals("XADD")
        || words.stream()
            .anyMatch(word -> word.startsWith("{orders}:sent:") || word.startsWith("{orders}:id"));
  }

  private Producer producer(SendPolicy policy) {
    return manager.createSimpleProducer(
        "p", StreamConfig.builder("orders").sending(policy).build());
  }

  private List<?> entries() {
    return (List<?>) server.command("XRANGE", "orders", "-", "+");
  }

  private void assertStoredOnce(SendResult result) {
    List<?> entries = entries();
    assertEquals(1, entries.size());
    List<?> entry = (List<?>) entries.getFirst();
    assertEquals(((SendResult.Accepted) result).position(), entry.getFirst());
    assertEquals(List.of("n", "1", "_id", result.id()), entry.get(1));
  }

  @Test
  void theVeryFirstSendIsStoredOnce() {
    ProxyRule lost = swallow("EVAL", 1);
    assertStoredOnce(producer(SendPolicy.defaults()).send(Fields.of("n", 1)));
    assertEquals(1, lost.hits());
  }

  @Test
  void anIdOfTheCallersIsStoredOnce() {
    ProxyRule lost = swallow("EVAL", 1);
    SendResult result =
        producer(SendPolicy.defaults()).send(Fields.of("n", 1), SendOptions.none().id("order-1"));
    assertEquals("order-1", result.id());
    assertStoredOnce(result);
    assertEquals(1, lost.hits());
  }

  @Test
  void severalLostRepliesInARowAreNoMoreThanOne() {
    Producer producer = producer(SendPolicy.defaults());
    ProxyRule first = swallow("EVAL", 1);
    ProxyRule second = swallow("EVALSHA", 2);
    ProxyRule third = swallow("EVALSHA", 2); // it does not see what the rule before it took
    assertStoredOnce(producer.send(Fields.of("n", 1)));
    assertEquals(3, first.hits() + second.hits() + third.hits());
  }

  @Test
  void manySendsAtOnceAreStoredOnceAndInOrder() {
    Producer producer = producer(SendPolicy.defaults());
    producer.send(Fields.of("n", 0));
    ProxyRule first = swallow("EVALSHA", 3);
    ProxyRule second = swallow("EVALSHA", 9);
    var sent =
        IntStream.rangeClosed(1, 5_000)
            .mapToObj(n -> producer.sendAsync(Fields.of("n", n)))
            .toList();
    sent.forEach(CompletableFuture::join);
    assertEquals(2, first.hits() + second.hits());
    var stored =
        entries().stream()
            .map(entry -> ((List<?>) ((List<?>) entry).get(1)).get(1).toString())
            .toList();
    assertEquals(IntStream.rangeClosed(0, 5_000).mapToObj(String::valueOf).toList(), stored);
  }

  @Test
  void aPlainSendIsAmbiguous() {
    Producer producer = producer(SendPolicy.plain());
    ProxyRule lost = swallow("XADD", 1);
    assertThrows(AmbiguousSendException.class, () -> producer.send(Fields.of("n", 1)));
    assertEquals(1, lost.hits());
    assertEquals(1, entries().size());
  }

  @Test
  void aRingThatIsLostUnderALiveProducerMakesOnlyTheOpenOnesAmbiguous() {
    Producer producer = producer(SendPolicy.defaults());
    String ring = "{orders}:sent:" + producer.send(Fields.of("n", 1)).id().split("-", 2)[0];
    assertEquals(1, server.number("EXISTS", ring));
    proxy.refuse();
    ProxyRule lost = swallow("EVALSHA", 1);
    var open = producer.sendAsync(Fields.of("n", 2));
    org.awaitility.Awaitility.await().until(() -> lost.hits() == 1);
    server.command("DEL", ring);
    proxy.heal();
    var error = assertThrows(java.util.concurrent.CompletionException.class, open::join);
    assertTrue(error.getCause() instanceof AmbiguousSendException, error.toString());
    producer.send(Fields.of("n", 3));
    assertEquals(3, entries().size());
  }

  @Test
  void noAnswerUntilTheDeadlineIsAmbiguous() {
    Producer producer = producer(SendPolicy.defaults().withDeadline(Duration.ofSeconds(1)));
    producer.send(Fields.of("n", 1));
    ProxyRule lost = swallow("EVALSHA", 1);
    proxy.refuse();
    assertThrows(AmbiguousSendException.class, () -> producer.send(Fields.of("n", 2)));
    assertEquals(1, lost.hits());
    proxy.heal();
    assertEquals(2, entries().size());
  }
}
