package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.faults.FaultServer.Ask;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.fault.RespProxy;
import dev.millrace.broker.testkit.redis.RespClient;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Faults 23 and 26: replies that are lost, come a second time, or are somebody else's. */
class ReplyFaultTest {
  private static final Duration KEPT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String GADGET = ReplyFaultTest.class.getName() + "$Gadget";
  private static final String HOSTILE =
      GADGET + "%0D%0A2026-01-01 ERROR forged line%0D%0A" + "x".repeat(50_000);

  /** Loading it shows. */
  static final class Gadget extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static {
      System.setProperty("millrace.faults.reply.gadget", "loaded");
    }
  }

  private Scene scene;

  @BeforeEach
  void begin() {
    scene = new Scene();
  }

  @AfterEach
  void end() throws Exception {
    scene.close();
  }

  private Broker client(String url) {
    return scene.closing(
        Broker.connect(url, b -> b.appName("faults").stream(FaultWorker.STREAM).resultsKept(KEPT)));
  }

  private ChildJvm server() {
    return scene.child(FaultServer.class, "64m", "lease=10000");
  }

  private static CompletableFuture<Reply<String>> ask(Broker client, String id, long millis) {
    return client.callAsync(
        FaultServer.TYPE, new Ask(id, millis), String.class, LONG, SendOptions.none().id(id));
  }

  private static Reply<String> outcome(CompletableFuture<Reply<String>> call) throws Exception {
    return call.get(30, TimeUnit.SECONDS);
  }

  private static long started(ChildJvm server, String id) {
    return server.lines().stream().filter(line -> line.equals("effect " + id)).count();
  }

  private static long counted(Broker client, String what) {
    return client.requests().info().counts().get(what);
  }

  private String keys() {
    var keys = new TreeSet<String>();
    ((List<?>) scene.redis().command("KEYS", "*")).forEach(key -> keys.add(String.valueOf(key)));
    return keys.toString();
  }

  @Test
  void replyThatIsLostOnItsWayIsFetchedAndKeptForItsIdAndThenForgotten() throws Exception {
    ChildJvm server = server();
    String before = keys();
    try (var proxy = RespProxy.before(scene.redis().host(), scene.redis().port())) {
      Broker client = client(proxy.url());
      assertEquals(new Reply.Ok<>("done l-0"), outcome(ask(client, "l-0", 0)));
      CompletableFuture<Reply<String>> call = ask(client, "l-1", 1_000);
      server.awaitLine("effect l-1", Scene.SOON);
      proxy.dropReplies();
      Scene.await(
          "it is answered and nobody hears",
          Scene.SOON,
          () -> scene.redis().number("XLEN", "{jobs}:rpc") == 0 && proxy.dropped() > 0);
      assertFalse(call.isDone(), "the reply came through");
      long lost = proxy.dropped();
      proxy.heal();
      assertEquals(new Reply.Ok<>("done l-1"), outcome(call));
      assertEquals(new Reply.Ok<>("done l-1"), outcome(ask(client, "l-1", 0)));
      assertEquals(1, started(server, "l-1"), "it was started again");
      new Evidence()
          .of("replies lost", lost)
          .of("gaps of the inbox", counted(client, "gaps"))
          .assertSeen();
      Scene.await("all is forgotten", KEPT.plusSeconds(5), () -> keys().equals(before));
    }
  }

  @Test
  void callEndsSoonAfterItsTimeoutThoughTheBackendStandsStill() throws Exception {
    ChildJvm server = server();
    Broker client = client(scene.url());
    long begun = System.nanoTime();
    CompletableFuture<Reply<String>> call =
        client.callAsync(
            FaultServer.TYPE,
            new Ask("p-1", 60_000),
            String.class,
            Duration.ofSeconds(2),
            SendOptions.none().id("p-1"));
    server.awaitLine("effect p-1", Scene.SOON);
    scene.redis().pause();
    Reply<String> reply = outcome(call);
    long took = Duration.ofNanos(System.nanoTime() - begun).toMillis();
    scene.redis().resume();
    assertInstanceOf(Reply.Unknown.class, reply);
    // A second for the backend's word, well below the five of its own time-out; and a busy machine.
    assertTrue(took >= 2_000 && took < 5_500, () -> "it took " + took + " ms");
  }

  @Test
  void secondReplyIsDroppedAndEndsNoOtherCall() throws Exception {
    ChildJvm server = server();
    Broker client = client(scene.url());
    try (RespClient spy = scene.redis().connect()) {
      spy.command("PSUBSCRIBE", "*");
      assertEquals(new Reply.Ok<>("done s-1"), outcome(ask(client, "s-1", 0)));
      List<?> reply = heard(spy, "_id=s-1");
      CompletableFuture<Reply<String>> other = ask(client, "s-2", 1_000);
      server.awaitLine("effect s-2", Scene.SOON);
      for (int i = 0; i < 2; i++) {
        assertTrue(publish(reply.get(2), String.valueOf(reply.get(3))) > 0, "nobody listens");
      }
      assertEquals(new Reply.Ok<>("done s-2"), outcome(other));
      assertEquals(2, counted(client, "late"));
      assertEquals(0, counted(client, "foreign"));
    }
  }

  /** The next message that has this line: pmessage, pattern, channel, text. */
  private static List<?> heard(RespClient spy, String line) {
    while (true) {
      var message = (List<?>) Objects.requireNonNull(spy.answer());
      if (String.valueOf(message.getLast()).lines().anyMatch(line::equals)) {
        return message;
      }
    }
  }

  private long publish(Object channel, String message) {
    return scene.redis().number("PUBLISH", String.valueOf(channel), message);
  }

  @Test
  void forgedErrorIsOneLineOfBoundedTextAndLoadsNoClass() throws Exception {
    ChildJvm server = server();
    Broker client = client(scene.url());
    try (var log = new LogLines()) {
      CompletableFuture<Reply<String>> call = ask(client, "f-1", 60_000);
      server.awaitLine("effect f-1", Scene.SOON);
      var inboxes = (List<?>) scene.redis().command("PUBSUB", "CHANNELS", "{inbox}:*");
      for (String type : List.of("error", GADGET)) {
        for (String id : List.of("nobody", "f-1")) {
          for (Object inbox : inboxes) {
            publish(inbox, forged(type, id));
          }
        }
      }
      assertInert(assertInstanceOf(Reply.RemoteError.class, outcome(call)));
      assertEquals(1, counted(client, "late"), "the error of nobody's call");
      Scene.await("replies of no known type", Scene.SOON, () -> counted(client, "foreign") == 2);
      // Where results are kept, whoever may write to Redis can forge one too.
      scene.redis().command("SET", "{jobs}:call:rpc/f-2", "1-1\n" + forged("error", "f-2"));
      Reply<String> kept = outcome(ask(client, "f-2", 0));
      assertInert(assertInstanceOf(Reply.RemoteError.class, kept));
      var thrown = assertThrows(RemoteFailedException.class, () -> kept.orThrow(FaultServer.TYPE));
      assertNull(thrown.getCause());
      assertOneLine(String.valueOf(thrown.getMessage()), 2_000);
      log.containing("").forEach(line -> assertOneLine(line, 2_000));
      assertEquals("none", System.getProperty("millrace.faults.reply.gadget", "none"));
    }
  }

  private static String forged(String type, String id) {
    return "millrace/1\n_id=%s\n_type=%s\n_h:code=%s\n_h:text=%s\n\n"
        .formatted(id, type, GADGET, HOSTILE);
  }

  private static void assertInert(Reply.RemoteError<?> error) {
    assertTrue(error.code().startsWith("dev.millrace."), error::code);
    assertTrue(error.text().startsWith(GADGET), error::text);
    assertOneLine(error.code(), 64);
    assertOneLine(error.text(), 1_000);
  }

  private static void assertOneLine(String text, int most) {
    assertTrue(text.chars().noneMatch(Character::isISOControl), text);
    assertTrue(text.codePointCount(0, text.length()) <= most, () -> "long: " + text.length());
  }
}
