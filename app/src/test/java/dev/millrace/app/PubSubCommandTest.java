package dev.millrace.app;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@WithRedis
class PubSubCommandTest {
  private final RedisServer redis;
  private final String channel = "news." + UUID.randomUUID();

  PubSubCommandTest(RedisServer redis) {
    this.redis = redis;
  }

  private Running run(String command, String... more) {
    var all = new ArrayList<>(List.of("pubsub", command, "--url", redis.url()));
    all.addAll(List.of(more));
    return new Running(all.toArray(String[]::new));
  }

  private void publish(String json, String... more) {
    var all = new ArrayList<>(List.of(channel, json));
    all.addAll(List.of(more));
    Running pub = run("pub", all.toArray(String[]::new));
    assertEquals(0, pub.ended(), () -> pub.errors().toString());
    assertEquals(List.of("published 1"), pub.lines());
  }

  private static void assertRefused(String expected, Running run) {
    assertEquals(2, run.ended(), () -> run.errors().toString());
    assertEquals(1, run.errors().size(), () -> run.errors().toString());
    assertTrue(run.errors().getFirst().contains(expected), () -> run.errors().toString());
  }

  @Test
  void eventsArePrintedAsTheyComeUntilThereAreEnough() {
    Running sub = run("sub", channel, "--count", "2").says("listening to " + channel);
    publish("{\"user\": \"Alice\", \"rate\": 1.10}");
    await().until(() -> sub.lines().size() == 1);
    publish("\"two\\nlines\\u009b\"");
    assertEquals(0, sub.ended(), () -> sub.errors().toString());
    assertEquals(
        List.of(
            channel + "\t{\"user\":\"Alice\",\"rate\":1.10}", channel + "\t\"two\\nlines\\u009b\""),
        sub.lines());
    assertEquals("printed 2, dropped 0, gaps 0", sub.errors().getLast());
  }

  @Test
  void namesForWhichEventsAreKeptAreListedAndForgotten() {
    assertEquals(1, run("forget", channel, "mail").ended());
    String kept = "{" + channel + "}:events";
    redis.command("XGROUP", "CREATE", kept, "mail", "0", "MKSTREAM");
    redis.command("XADD", kept, "1732176000000-0", "payload", "{}", "_id", "1");
    Running names = run("names");
    assertEquals(0, names.ended(), () -> names.errors().toString());
    String line = channel + "\tmail\tnot served\t1\t2024-11-21T08:00:00Z";
    assertTrue(names.lines().contains(line), () -> names.lines().toString());
    Running forget = run("forget", channel, "mail");
    assertEquals(0, forget.ended(), () -> forget.errors().toString());
    assertEquals(List.of("forgot 'mail' on '" + channel + "'"), forget.lines());
    assertEquals(0, redis.number("EXISTS", kept));
  }

  @Test
  void patternHearsAllChannelsThatMatchWithTheirHeaders() {
    Running sub =
        run("sub", "news.*", "--pattern", "--json", "--count", "1").says("listening to news.*");
    publish("7", "--header", "tenant=a=b");
    assertEquals(0, sub.ended());
    String line = sub.lines().getFirst();
    assertTrue(line.startsWith("{\"channel\":\"" + channel + "\",\"id\":\""), line);
    assertTrue(line.endsWith(",\"headers\":{\"tenant\":\"a=b\"},\"event\":7}"), line);
  }

  @Test
  void whatIsKeptIsPrintedOnceAlthoughNobodyListenedAndNoMoreIsTakenThanPrinted() {
    Running first = run("sub", channel, "--durable", "mail", "--count", "1").says("kept for mail");
    publish("1");
    assertEquals(0, first.ended(), () -> first.errors().toString());
    publish("2");
    publish("3");
    publish("4");
    for (String each : List.of("2", "3", "4")) {
      Running next = run("sub", channel, "--durable", "mail", "--count", "1");
      assertEquals(0, next.ended(), () -> next.errors().toString());
      assertEquals(List.of(channel + "\t" + each), next.lines());
    }
  }

  @Test
  void linesOfStandardInputArePublishedInOrderAndBadOnesTold() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("1\n{oops\n\n2\n3\n".getBytes(StandardCharsets.UTF_8)));
    try {
      Running sub = run("sub", channel, "--count", "3").says("listening");
      Running pub = run("pub", channel);
      assertEquals(1, pub.ended());
      assertEquals(List.of("published 3, not published: 1"), pub.lines());
      assertTrue(pub.errors().getFirst().startsWith("line 2: not JSON"), pub.errors()::toString);
      assertEquals(0, sub.ended());
      assertEquals(List.of(channel + "\t1", channel + "\t2", channel + "\t3"), sub.lines());
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void badInputIsOneLineThatNamesItAndTheFix() {
    assertRefused("--count is 0; give a number from 1", run("sub", channel, "--count", "0"));
    assertRefused("buffer is 0", run("sub", channel, "--buffer", "0"));
    assertRefused("'block' is not drop-oldest", run("sub", channel, "--overflow", "block"));
    assertRefused("is a pattern", run("sub", "a.*", "--pattern", "--durable", "x"));
    assertRefused("leave them out", run("sub", channel, "--durable", "x", "--overflow", "close"));
    assertRefused("The event is not JSON", run("pub", channel, "{oops"));
    assertRefused("is not NAME=VALUE", run("pub", channel, "1", "--header", "tenant"));
    assertRefused("'rpc.x' is one that", run("pub", channel, "1", "--header", "rpc.x=1"));
    assertRefused("channel", run("pub", "a{b", "1"));
    assertRefused("channel", run("sub", "a{b"));
    assertRefused("Which command? One of pub, sub", new Running("pubsub"));
  }

  @Test
  void slowReaderWithPolicyCloseEndsWithAnError() {
    try (var manager = StreamManager.connect(redis.url())) {
      Running sub = run("sub", channel, "--buffer", "1", "--overflow", "close");
      sub.says("listening");
      // More than one event waits while the first is printed, sooner or later.
      for (int i = 0; i < 20_000 && !sub.errors().toString().contains("printed "); i++) {
        manager.publish(channel, i);
      }
      assertEquals(1, sub.ended());
      // The gap that this makes is told by another thread, before or after.
      assertTrue(
          sub.errors().stream().anyMatch(line -> line.startsWith("millrace: ")),
          () -> sub.errors().toString());
    }
  }
}
