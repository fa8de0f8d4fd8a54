package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@WithRedis
class DoctorCommandTest {
  private final RedisServer redis;
  private final String stream = "orders-" + UUID.randomUUID();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  DoctorCommandTest(RedisServer redis) {
    this.redis = redis;
  }

  private int doctor() {
    out.getBuffer().setLength(0);
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute("doctor", "--url", redis.url());
  }

  @Test
  void whatOutlivedItsStreamIsListedWithWhatToDo() {
    String dead = "{" + stream + "}:dead:billing";
    redis.command("XADD", dead, "*", "n", "1");
    assertEquals(1, doctor(), err::toString);
    String found = out.toString();
    assertTrue(found.contains(dead + ": "), found);
    assertTrue(found.contains("redis-cli UNLINK '" + dead + "'"), found);
    assertTrue(found.contains("It holds messages."), found);

    redis.command("DEL", dead);
    doctor();
    assertTrue(!out.toString().contains(dead), out::toString);
  }

  @Test
  void aStreamInUseIsNoLeftover() {
    redis.command("XGROUP", "CREATE", stream, "billing", "0", "MKSTREAM");
    redis.command("XADD", "{" + stream + "}:dead:billing", "*", "n", "1");
    doctor();
    assertTrue(!out.toString().contains(stream), () -> out + "" + err);
  }
}
