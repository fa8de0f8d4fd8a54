package dev.millrace.broker.backend.redis;

import static dev.millrace.broker.backend.redis.Backends.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Requests.Submitted;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What requests leave on the server, and for how long. */
@WithRedis(own = true)
class RequestKeysTest {
  private static final String STREAM = "{jobs}:rpc";
  private static final GroupRef SERVERS = new GroupRef(STREAM, "servers");
  private static final Duration KEPT = Duration.ofSeconds(2);

  private final RedisServer server;
  private Backend backend;

  RequestKeysTest(RedisServer server) {
    this.server = server;
  }

  @BeforeEach
  void open() {
    server.command("FLUSHALL");
    backend = Backends.open(server.url());
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Requests requests() {
    return backend.facet(Requests.class).orElseThrow();
  }

  private CompletableFuture<Submitted> submit(String id, Duration timeout) {
    var request = new Entry(id, "T", null, Map.of(), Fields.of("payload", "x"));
    var terms = new Requests.Terms("{inbox}:me", timeout, KEPT);
    return requests().submit(SERVERS, request, terms).toCompletableFuture();
  }

  @Test
  void whoLooksAfterTheGroupLosesItsTurnThoughServersAttend() {
    submit("r1", Duration.ofSeconds(5)).join();
    server.command("SET", "{jobs}:turn:rpc/servers", "a dead one", "PX", "20000");
    server.command("SET", "{jobs}:retry-turn:rpc/servers", "a dead one", "PX", "20000");
    server.command("HSET", "{jobs}:leases:rpc/servers", "a dead one", "30000");
    server.command("PEXPIRE", "{jobs}:leases:rpc/servers", "20000");
    await(requests().attend(SERVERS, Duration.ofMinutes(10)));
    assertTrue(server.number("PTTL", "{jobs}:turn:rpc/servers") <= 20_000);
    assertTrue(server.number("PTTL", "{jobs}:retry-turn:rpc/servers") <= 20_000);
    assertTrue(server.number("PTTL", "{jobs}:leases:rpc/servers") > 500_000);
  }

  @Test
  void callThatJoinsKeepsTheStreamForItsOwnTimeToo() {
    submit("r1", Duration.ofSeconds(1)).join();
    assertEquals(new Submitted.Queued(true), submit("r1", Duration.ofMinutes(1)).join());
    assertTrue(server.number("PTTL", STREAM) > 60_000);
    assertTrue(server.number("PTTL", "{jobs}:call:rpc/r1") > 60_000);
  }

  @Test
  void callThatFindsItsReplyMakesNoStream() {
    String reply = "millrace/1\n_id=r1\n_type=ok\n\n";
    server.command("SET", "{jobs}:call:rpc/r1", "1-1\n" + reply, "PX", "5000");
    assertInstanceOf(Submitted.Answered.class, submit("r1", Duration.ofMinutes(1)).join());
    assertEquals(0, server.number("EXISTS", STREAM));
  }

  @Test
  void keyThatIsNoneOfOursStopsItsOwnRequestAlone() {
    server.command("HSET", "{jobs}:call:rpc/r2", "not", "ours");
    var first = submit("r0", Duration.ofSeconds(5));
    var before = submit("r1", Duration.ofSeconds(5));
    var stopped = submit("r2", Duration.ofSeconds(5));
    var behind = submit("r3", Duration.ofSeconds(5));
    CompletableFuture.allOf(first, before, behind).join();
    var thrown = assertThrows(CompletionException.class, stopped::join);
    assertInstanceOf(BackendException.class, thrown.getCause());
    assertEquals(3, server.number("XLEN", STREAM));
  }

  @Test
  void idThatComesTwiceAtOnceIsPutThereOnce() {
    // The first one is under way alone, so that the others go together.
    server.command("CLIENT", "PAUSE", "20000", "WRITE");
    var first = submit("r0", Duration.ofSeconds(5));
    var one = submit("r1", Duration.ofSeconds(5));
    var again = submit("r1", Duration.ofSeconds(5));
    server.command("CLIENT", "UNPAUSE");
    first.join();
    assertEquals(new Submitted.Queued(false), one.join());
    assertEquals(new Submitted.Queued(true), again.join());
    assertEquals(2, server.number("XLEN", STREAM));
  }

  @Test
  void requestWhoseTimeIsOverBeforeItCanBeSentIsNotSent() {
    assertThrows(CompletionException.class, submit("r1", Duration.ZERO)::join);
    assertEquals(0, server.number("EXISTS", STREAM, "{jobs}:call:rpc/r1"));
  }
}
