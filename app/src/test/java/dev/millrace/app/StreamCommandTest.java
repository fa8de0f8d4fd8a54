package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@WithRedis
class StreamCommandTest {
  private final RedisServer redis;
  private final String stream = "orders-" + UUID.randomUUID();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  StreamCommandTest(RedisServer redis) {
    this.redis = redis;
  }

  private int run(String command, String... more) {
    var all = new ArrayList<>(List.of("stream", command, "--url", redis.url(), stream));
    all.addAll(List.of(more));
    return execute(all);
  }

  private int execute(List<String> arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments.toArray(String[]::new));
  }

  private void assertPrints(String expected) {
    assertTrue(out.toString().contains(expected), () -> out + "" + err);
  }

  private void assertLine(String expected) {
    assertTrue(
        out.toString()
            .lines()
            .anyMatch(line -> line.strip().replaceAll(" +", " ").equals(expected)),
        () -> out + "" + err);
  }

  private void add(int entries) {
    for (int i = 1; i <= entries; i++) {
      redis.command("XADD", stream, i + "-0", "n", String.valueOf(i));
    }
  }

  @Test
  void explainTellsWhoHoldsWhat() {
    add(150);
    redis.command("XGROUP", "CREATE", stream, "billing", "0");
    redis.command(
        "XREADGROUP", "GROUP", "billing", "host-1", "COUNT", "40", "STREAMS", stream, ">");
    redis.command("XACK", stream, "billing", "1-0", "2-0", "3-0");
    assertEquals(0, run("explain", "--max-length", "100", "--min-count", "0"), err::toString);
    assertPrints(stream + ": 150 entries, the oldest ");
    assertLine("50 entries are beyond maxLength 100");
    assertPrints("holds 47 of 50: group 'billing' has not acknowledged 4-0, delivered to host-1 ");
    assertLine("3 entries go at the next visit");
    assertLine("group 'billing': needs 147, 37 of them delivered and not acknowledged");
    assertEquals(150, redis.number("XLEN", stream));
  }

  @Test
  void retentionIsShownChangedBitByBitAndReset() {
    add(1);
    assertEquals(0, run("retention"), err::toString);
    assertLine("maxLength 1,000,000 default");
    assertLine("maxAge any default");
    assertEquals(
        0,
        run("retention", "--max-length", "5000", "--max-age", "7d", "--priority", "low"),
        err::toString);
    assertLine("maxLength 5,000 changed at run time");
    assertLine("maxAge 7 d changed at run time");
    assertLine("priority LOW changed at run time");
    assertLine("minRetentionCount 10 default");
    assertEquals(
        0,
        run("retention", "--min-age", "90s", "--min-count", "20", "--interval", "30s"),
        err::toString);
    assertLine("maxLength 5,000 changed at run time");
    assertLine("minRetentionTime 1 min 30 s changed at run time");
    assertLine("minRetentionCount 20 changed at run time");
    assertLine("cleanupInterval 30 s changed at run time");
    assertEquals(0, run("retention", "--reset"), err::toString);
    assertLine("maxLength 1,000,000 default");
    assertLine("priority NORMAL default");
  }

  @Test
  void whatContradictsIsRefusedInOneLineWithBothValues() {
    add(1);
    assertEquals(0, run("retention", "--min-count", "500"), err::toString);
    assertEquals(2, run("retention", "--max-length", "400"));
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains("400"), err::toString);
    assertTrue(err.toString().contains("500"), err::toString);
    assertEquals(2, run("retention", "--reset", "--max-length", "400"));
    assertEquals(2, run("retention", "--max-age", "soon"));
    assertEquals(2, run("retention", "--priority", "highest"));
  }

  @Test
  void aChangeShowsInTheExplanation() {
    add(150);
    assertEquals(0, run("retention", "--max-length", "120", "--min-age", "0s"), err::toString);
    assertEquals(0, run("explain", "--max-length", "100"), err::toString);
    assertLine("30 entries are beyond maxLength 120");
  }

  @Test
  void aStreamThatIsNotThereIsSaid() {
    assertEquals(1, run("explain"));
    assertTrue(err.toString().contains("there is no stream of this name"), err::toString);
  }

  private void assertNotThere(String more) {
    assertEquals("", out.toString());
    assertEquals(
        "millrace: there is no stream '" + stream + "'. Check the name." + more,
        err.toString().stripTrailing());
  }

  @Test
  void retentionAndDropsOfAStreamThatIsNotThereAreNotPrinted() {
    assertEquals(1, run("retention"));
    assertNotThere("");
    assertEquals(1, run("drops"));
    assertNotThere("");
  }

  @Test
  void retentionIsNotStoredForAStreamThatIsNotThereUnlessItIsSaidToBeNew() {
    assertEquals(1, run("retention", "--max-length", "500"));
    assertNotThere(" If it is yet to come, add --new.");
    assertEquals(0, redis.number("EXISTS", "{" + stream + "}:settings"));

    assertEquals(0, run("retention", "--max-length", "500", "--new"), err::toString);
    assertLine("maxLength 500 changed at run time");
    assertEquals(1, redis.number("EXISTS", "{" + stream + "}:settings"));
    assertEquals(1, run("retention"));
    assertNotThere(" Settings are stored for when it comes; --reset takes them away.");
    assertEquals(0, run("retention", "--reset"), err::toString);
    assertEquals(0, redis.number("EXISTS", "{" + stream + "}:settings"));
    assertEquals(2, run("retention", "--new"));
  }

  @Test
  void nothingDroppedIsSaid() {
    add(1);
    assertEquals(0, run("drops"), err::toString);
    assertEquals("", out.toString());
    assertTrue(err.toString().contains("Nothing was dropped."), err::toString);
    assertEquals(2, run("drops", "--max", "0"));
  }

  @Test
  void aCommandIsAskedFor() {
    assertEquals(2, execute(List.of("stream")));
    assertTrue(err.toString().contains("explain, retention, drops"), err::toString);
  }
}
