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
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@WithRedis
class DeadCommandTest {
  private final RedisServer redis;
  private final String stream = "orders-" + UUID.randomUUID();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  DeadCommandTest(RedisServer redis) {
    this.redis = redis;
  }

  private int run(String command, String... more) {
    var all = new java.util.ArrayList<>(List.of("dead", command));
    all.addAll(List.of("--url", redis.url(), "--stream", stream, "--group", "billing"));
    all.addAll(List.of(more));
    out.getBuffer().setLength(0);
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(all.toArray(String[]::new));
  }

  private List<String> died(int count) {
    try (var manager = StreamManager.connect(redis.url())) {
      manager.createSimpleProducer("p", stream);
      var ids = new java.util.ArrayList<String>();
      for (int i = 0; i < count; i++) {
        ids.add(manager.send("p", Fields.of("n", i)).id());
      }
      manager.createConsumer(
          "c",
          ConsumerConfig.builder(stream).group("billing").build(),
          (message, delivery) -> Outcome.deadLetter("no customer " + delivery.message().id()));
      await().until(() -> manager.deadLetters(stream, "billing").list(100).size() == count);
      return ids;
    }
  }

  @Test
  void lettersAreListedAndSentBack() {
    List<String> ids = died(3);
    assertEquals(0, run("list"), err::toString);
    assertEquals(3, out.toString().lines().count(), out::toString);
    ids.forEach(id -> assertTrue(out.toString().contains("no customer " + id), out::toString));

    assertEquals(0, run("redrive", "--all", "--dry-run"), err::toString);
    assertTrue(out.toString().contains("3 would go back"), out::toString);

    assertEquals(0, run("redrive", "--id", ids.get(1)), err::toString);
    assertTrue(out.toString().contains("1 of 1 selected went back"), out::toString);
    assertEquals(1, run("redrive", "--id", ids.get(1)), err::toString);

    assertEquals(0, run("redrive", "--all", "--rate", "100"), err::toString);
    assertTrue(out.toString().contains("2 of 2 selected went back"), out::toString);
    assertEquals(0, run("list"), err::toString);
    assertEquals("", out.toString());
  }

  @Test
  void selectionIsExactlyOne() {
    assertEquals(2, run("redrive"));
    assertEquals(2, run("redrive", "--all", "--id", "x"));
    assertEquals(2, run("redrive", "--all", "--rate", "0"));
  }
}
