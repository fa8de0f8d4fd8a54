package dev.millrace.app;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@WithRedis
class AuditCommandTest {
  private final RedisServer redis;
  private final String stream = "orders-" + UUID.randomUUID();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  AuditCommandTest(RedisServer redis) {
    this.redis = redis;
  }

  private int audit(String... more) {
    var all = new ArrayList<>(List.of("audit", "--url", redis.url(), "--stream", stream));
    all.addAll(List.of(more));
    out.getBuffer().setLength(0);
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(all.toArray(String[]::new));
  }

  private void assertPrints(String expected) {
    assertTrue(out.toString().contains(expected), () -> out + "" + err);
  }

  /**
   * Of ten messages seven are handled, one is skipped, one dies, and one comes again in an hour.
   */
  private void work() {
    handleTen();
    await().until(() -> audit() == 0 && out.toString().contains("waiting 0 + pending 0"));
  }

  private void handleTen() {
    send(10);
    try (var manager = StreamManager.connect(redis.url())) {
      manager.createConsumer(
          "c",
          ConsumerConfig.builder(stream).group("billing").build(),
          (message, delivery) ->
              switch ((int) message.fields().integer("n")) {
                case 1 -> Outcome.skip("not for us");
                case 3 -> Outcome.deadLetter("not this one");
                case 5 -> Outcome.retry(Duration.ofHours(1));
                default -> Outcome.done();
              });
      await().until(() -> redis.number("ZCARD", side("parked")) >= 1);
      await().until(() -> redis.number("XLEN", side("dead")) >= 1);
    }
  }

  private void send(int count) {
    try (var manager = StreamManager.connect(redis.url())) {
      manager.createSimpleProducer("p", stream);
      for (int i = 0; i < count; i++) {
        manager.send("p", Fields.of("n", i));
      }
    }
  }

  /** An entry that a worker of another program has taken and not acknowledged; its id. */
  private String takeOne() {
    List<?> reply =
        (List<?>)
            redis.command(
                "XREADGROUP", "GROUP", "billing", "me", "COUNT", "1", "STREAMS", stream, ">");
    List<?> entries = (List<?>) ((List<?>) reply.getFirst()).get(1);
    return String.valueOf(((List<?>) entries.getFirst()).getFirst());
  }

  private String side(String kind) {
    return "{" + stream + "}:" + kind + ":billing";
  }

  private void begin() {
    redis.command("XGROUP", "CREATE", stream, "billing", "0", "MKSTREAM");
    assertEquals(0, audit("--on"), err::toString);
    assertPrints("accepted 0 = done 0");
  }

  @Test
  void sumAddsUpUntilAnyOneKeyIsDeleted() {
    begin();
    work();
    String sum =
        "accepted 10 = done 7 + skipped 1 + dead 1 + waiting 0 + pending 0 + parked 1 + dropped 0:"
            + " adds up";
    assertPrints(sum);
    var keys =
        List.of(
            stream,
            side("dead"),
            side("parked"),
            side("parked-entries"),
            side("audit"),
            "{" + stream + "}:audits");
    for (String key : keys) {
      redis.command("RENAME", key, "kept-" + stream);
      assertEquals(1, audit(), () -> key + " is gone, and: " + out);
      redis.command("RENAME", "kept-" + stream, key);
      assertEquals(0, audit(), () -> key + " is back, and: " + out);
      assertPrints(sum);
    }
  }

  @Test
  void deletedDeadLettersAreMissing() {
    begin();
    work();
    redis.command("DEL", side("dead"));
    assertEquals(1, audit());
    assertPrints("1 MISSING");
  }

  @Test
  void sumFailsWhenUnreadMessagesAreTrimmedAway() {
    begin();
    send(2);
    redis.command("XTRIM", stream, "MAXLEN", "1");
    assertEquals(1, audit());
    assertPrints("1 MISSING");
  }

  @Test
  void sumFailsWhenOneIsDeletedFromAmongTheUnread() {
    begin();
    send(1);
    String second = redis.text("XADD", stream, "*", "n", "2");
    send(1);
    assertEquals(0, audit());
    assertPrints("accepted 2 + foreign 1 = done 0 + skipped 0 + dead 0 + waiting 3 +");
    redis.command("XDEL", stream, second);
    assertEquals(1, audit());
    assertPrints("1 MISSING");
  }

  @Test
  void sumFailsWhenAPendingOneIsDeletedAndWhenItIsAcknowledgedByHand() {
    begin();
    send(2);
    String first = takeOne();
    String second = takeOne();
    assertEquals(0, audit());
    assertPrints("pending 2 + parked 0 + dropped 0: adds up");
    redis.command("XDEL", stream, first);
    assertEquals(1, audit());
    assertPrints("pending 1 + parked 0 + dropped 0: 1 MISSING");
    redis.command("XACK", stream, "billing", second);
    assertEquals(1, audit());
    assertPrints("pending 0 + parked 0 + dropped 0: 2 MISSING");
  }

  @Test
  void whatIsTrimmedAfterItWasDoneIsNotMissing() {
    begin();
    work();
    redis.command("XTRIM", stream, "MAXLEN", "0");
    assertEquals(0, audit());
    assertPrints("accepted 10 = done 7 + skipped 1");
  }

  @Test
  void streamThatVanishedBreaksIt() {
    begin();
    work();
    redis.command("DEL", stream);
    assertEquals(1, audit());
    assertPrints("BROKEN");
    handleTen();
    assertEquals(1, audit());
    assertPrints("BROKEN");
  }

  @Test
  void streamThatVanishedUnreadAndWasMadeAgainByHandBreaksIt() {
    begin();
    send(2);
    assertEquals(0, audit());
    redis.command("DEL", stream);
    send(1);
    redis.command("XGROUP", "CREATE", stream, "billing", "0");
    assertEquals(1, audit());
    assertPrints("BROKEN");
  }

  @Test
  void withoutABeginningItEstimatesAndAfterTheEndAgain() {
    redis.command("XGROUP", "CREATE", stream, "billing", "0", "MKSTREAM");
    assertEquals(0, audit());
    assertPrints("billing: estimated");
    assertEquals(0, audit("--on"));
    assertEquals(0, audit("--off"));
    assertEquals(0, audit());
    assertPrints("billing: estimated");
    assertEquals(2, audit("--on", "--off"));
  }
}
