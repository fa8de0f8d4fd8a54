package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A lane whose answers do not come is read anew where its silent reader is replaced. */
class StuckLaneTest extends ReaderTest {
  private static final Duration TOO_LONG = Duration.ofMillis(2_300);

  private final RecordingSink silent = new RecordingSink();
  private final RecordingSink next = new RecordingSink();
  private LossyConnections lossy;
  private RedisReaders mine;

  @BeforeEach
  void loseAnswers() {
    lossy = new LossyConnections(connect("lossy"));
    mine = RedisReaders.create(lossy.proxy());
  }

  /** One that has been given three entries and does not know. */
  private GroupReader silentReader() {
    lossy.losing.set(1);
    GroupReader reader = mine.open(ref("s"), spec("mine", LONG), silent);
    add("s", 3);
    reader.request(10);
    await().until(() -> lossy.lost.get() == 1 && pending("s") == 3);
    await().during(TOO_LONG).until(() -> silent.size() == 0);
    return reader;
  }

  @Test
  void whoReplacesASilentReaderReads() {
    GroupReader reader = silentReader();
    add("s", 2);
    GroupReader other = mine.open(ref("s"), spec("mine", LONG), next);
    other.request(10);
    // The silent one is a member until it stops, and may get its share.
    await().atMost(Duration.ofSeconds(2)).until(() -> next.size() + silent.size() == 2);
    assertEquals(5, pending("s"));
    ackAll(other, next.received);
    ackAll(reader, silent.received);
    assertEquals(3, pending("s"));
    get(reader.leave());
  }

  @Test
  void anAnswerThatComesAfterAllIsDelivered() {
    GroupReader reader = silentReader();
    GroupReader other = mine.open(ref("s"), spec("mine", LONG), next);
    other.request(10);
    get(reader.stopReading());
    lossy.late.complete(null);
    await().atMost(Duration.ofSeconds(2)).until(() -> next.size() == 3);
    assertEquals(Set.of(Settled.DONE), Set.copyOf(ackAll(other, next.received)));
    assertEquals(0, pending("s"));
  }

  @Test
  void anAnswerThatComesWhenAllHaveLeftIsHandedBack() {
    GroupReader reader = silentReader();
    GroupReader other = mine.open(ref("s"), spec("mine", LONG), next);
    get(reader.leave());
    get(other.leave());
    var heir = new RecordingSink();
    readers.open(ref("s"), spec("heir", LONG), heir).request(10);
    await().during(Duration.ofMillis(300)).until(() -> heir.size() == 0);
    lossy.late.complete(null);
    await().atMost(Duration.ofSeconds(2)).until(() -> heir.size() == 3);
  }

  @Test
  void creditOfAReadWithoutAnAnswerIsNotLost() {
    GroupReader reader = silentReader();
    get(mine.open(ref("s"), spec("mine", LONG), next).leave());
    add("s", 10);
    await().atMost(Duration.ofSeconds(2)).until(() -> silent.size() == 10);
    get(reader.leave());
  }

  @Test
  void whoReplacesAReaderWhoseWaitIsNotAnsweredReads() {
    Duration lease = Duration.ofSeconds(4);
    try (var proxy = RespProxy.before("127.0.0.1", URI.create(server.url()).getPort())) {
      RedisReaders far = RedisReaders.create(connect("far", proxy.url() + "?commandTimeout=60s"));
      var wait = proxy.loseReplies(words -> words.contains("BLOCK"), 1);
      GroupReader reader = far.open(ref("s"), spec("far", lease), silent);
      reader.request(10);
      // A wait is a quarter of a lease.
      await().until(() -> blockedClients() == 1);
      await().during(TOO_LONG.plusSeconds(1)).until(() -> silent.size() == 0);
      add("s", 2);
      await().during(Duration.ofMillis(300)).until(() -> silent.size() == 0);
      GroupReader other = far.open(ref("s"), spec("far", lease), next);
      other.request(10);
      await().atMost(Duration.ofSeconds(2)).until(() -> next.size() + silent.size() == 2);
      assertEquals(1, wait.hits());
      get(reader.leave());
      get(other.leave());
    }
  }
}
