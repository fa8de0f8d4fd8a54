package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.testkit.redis.RedisServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The audit of all streams at once, on a server where no other test has one. */
class AuditAllCommandTest {
  private final RedisServer redis = RedisServer.startOwn();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void stop() {
    redis.close();
  }

  private int audit(String... more) {
    var all = new ArrayList<>(List.of("audit", "--url", redis.url()));
    all.addAll(List.of(more));
    out.getBuffer().setLength(0);
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(all.toArray(String[]::new));
  }

  private void begin(String stream) {
    redis.command("XGROUP", "CREATE", stream, "g", "0", "MKSTREAM");
    assertEquals(0, audit("--stream", stream, "--on"), err::toString);
  }

  private List<String> verdicts() {
    return out.toString().lines().map(AuditAllCommandTest::verdict).toList();
  }

  /** What is before the first colon and from the last one on. */
  private static String verdict(String line) {
    return line.substring(0, line.indexOf(':')) + line.substring(line.lastIndexOf(':'));
  }

  @Test
  void printsEveryAuditedStreamAndFailsIfOneDoesNotAddUp() {
    redis.command("XGROUP", "CREATE", "unaudited", "g", "0", "MKSTREAM");
    redis.command("SET", "{x}:audit-of-something-else", "1");
    redis.command("HSET", "{x}:audit-of-another", "a", "b");
    begin("orders");
    begin("bills");
    assertEquals(0, audit(), err::toString);
    assertEquals(List.of("bills g: adds up", "orders g: adds up"), verdicts());
    String id = redis.text("XADD", "bills", "*", "n", "1");
    redis.command("XDEL", "bills", id);
    assertEquals(1, audit());
    assertEquals(List.of("bills g: 1 MISSING", "orders g: adds up"), verdicts());
  }

  @Test
  void failsWhenNothingIsAudited() {
    assertEquals(1, audit());
    assertEquals("", out.toString());
    assertEquals(
        "No stream is audited: begin with 'millrace audit --stream NAME --on'.",
        err.toString().strip());
  }

  @Test
  void failsWhenAnAuditedStreamIsGoneWithAllButTheCounters() {
    begin("orders");
    redis.command("DEL", "orders", "{orders}:audits");
    assertEquals(1, audit());
    assertEquals(List.of("orders: BROKEN, the stream and its groups are gone"), verdicts());
  }

  @Test
  void beginningAndEndingNeedAStream() {
    assertEquals(2, audit("--on"));
    assertEquals(2, audit("--off"));
  }
}
