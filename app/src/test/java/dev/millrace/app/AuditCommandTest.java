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

  /** Of ten messages eight are handled, one dies, and one is to come again in an hour. */
  private void work() {
    try (var manager = StreamManager.connect(redis.url())) {
      manager.createSimpleProducer("p", stream);
      for (int i = 0; i < 10; i++) {
        manager.send("p", Fields.of("n", i));
      }
      manager.createConsumer(
          "c",
          ConsumerConfig.builder(stream).group("billing").build(),
          (message, delivery) ->
              switch ((int) message.fields().integer("n")) {
                case 3 -> Outcome.deadLetter("not this one");
                case 5 -> Outcome.retry(Duration.ofHours(1));
                default -> Outcome.done();
              });
      await().until(() -> redis.number("ZCARD", side("parked")) == 1);
      await().until(() -> redis.number("XLEN", side("dead")) == 1);
    }
    await().until(() -> audit() == 0 && out.toString().contains("waiting 0 + pending 0"));
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
  void sumAddsUpUntilDeadLettersAreDeleted() {
    begin();
    work();
    assertPrints("accepted 10 = done 8 + dead 1 + waiting 0 + pending 0 + parked 1: adds up");
    redis.command("DEL", side("dead"));
    assertEquals(1, audit());
    assertPrints("1 MISSING");
  }

  @Test
  void sumFailsWhenWhatIsParkedIsDeleted() {
    begin();
    work();
    redis.command("DEL", side("parked"));
    assertEquals(1, audit());
    assertPrints("1 MISSING");
  }

  @Test
  void sumFailsWhenUnreadMessagesAreTrimmedAway() {
    begin();
    try (var manager = StreamManager.connect(redis.url())) {
      manager.createSimpleProducer("p", stream);
      manager.send("p", Fields.of("n", 1));
      manager.send("p", Fields.of("n", 2));
    }
    redis.command("XTRIM", stream, "MAXLEN", "1");
    assertEquals(1, audit());
    assertPrints("1 MISSING");
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
